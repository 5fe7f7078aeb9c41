"""Vehicles, passes, permits and questions for tests of the law."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from pipeline.lez.enforcement import enforce
from pipeline.lez.facts import Facts
from pipeline.lez.judge import judge
from pipeline.lez.judgement import Enforcement, History, Judgement
from pipeline.lez.loading import load_law
from pipeline.lez.rights import Rights
from schemas.codec import compiled
from schemas.lez import LezPass, Permit, Vehicle

VehicleRecord, PassRecord, PermitRecord = compiled(Vehicle), compiled(LezPass), compiled(Permit)
TODAY = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
"""A moment at which all that is in the law books is known."""
DAY = timedelta(days=1)


def vehicle(fuel: str = "diesel", euro: int | None = 4, **changes: Any) -> Vehicle:
    """A Belgian car, as its register tells it."""
    fields: dict[str, Any] = {"plate": "1ABC234", "country": "BE", "category": "M1", "fuel": fuel, "euro": euro}
    return VehicleRecord(**fields | changes)


def car(fuel: str = "diesel", standard: str | None = "4", **changes: Any) -> Facts:
    """A Belgian car, as the law sees it."""
    fields: dict[str, Any] = {"country": "BE", "category": "M1", "fuel": fuel, "standard": standard}
    return Facts(**fields | changes)


def of_kind(kind: str, fuel: str, standard: str | None, **changes: Any) -> Facts:
    """A vehicle of a kind: `N1-II` is a van of class II."""
    category, _, n1_class = kind.partition("-")
    return car(fuel, standard, category=category, n1_class=n1_class or None, **changes)


def day_pass(day: date, **changes: Any) -> LezPass:
    """A pass for Brussels, bought in time."""
    bought = datetime(day.year, day.month, day.day, tzinfo=UTC)
    fields: dict[str, Any] = {"pass_id": UUID(int=day.toordinal()), "plate": "1ABC234", "zone": "brussels"}
    return PassRecord(**fields | {"day": day, "bought_at": bought} | changes)


def permit(ground: str, from_day: date, **changes: Any) -> Permit:
    """A permit for Brussels, decided on its first day."""
    decided = datetime.combine(from_day, time(), UTC)
    fields: dict[str, Any] = {"permit_id": UUID(int=from_day.toordinal()), "zone": "brussels", "ground": ground}
    return PermitRecord(**fields | {"from_day": from_day, "decided_at": decided} | changes)


def moment(zone: str, when: date | datetime | str) -> datetime:
    """A moment on the clocks of a zone; of a day its noon."""
    if isinstance(when, str):
        when = datetime.fromisoformat(when) if "T" in when else date.fromisoformat(when)
    if not isinstance(when, datetime):
        when = datetime.combine(when, time(12))
    return when if when.tzinfo else when.replace(tzinfo=load_law(zone).zone_info)


def judged(
    facts: Facts | None,
    at: date | datetime | str,
    *,
    zone: str = "brussels",
    known: date | datetime | str = TODAY,
    rights: Sequence[LezPass | Permit] = (),
    country: str | None = "BE",
    sure: bool = True,
    ambiguous: bool = False,
) -> Judgement:
    """What the law says, as known today unless told otherwise."""
    return judge(
        load_law(zone),
        facts,
        country=country,
        rights=_held(rights),
        at=moment(zone, at),
        known_at=moment(zone, known),
        sure=sure,
        ambiguous=ambiguous,
    )


def follows(
    found: Judgement,
    at: date | datetime | str,
    *,
    zone: str = "brussels",
    known: date | datetime | str = TODAY,
    warned: Iterable[str] = (),
    fined: Iterable[str] = (),
) -> Enforcement:
    """What the law attaches to that, to a vehicle with such a past."""
    history = History(tuple(map(date.fromisoformat, warned)), tuple(map(date.fromisoformat, fined)))
    return enforce(load_law(zone), found, history, moment(zone, at), moment(zone, known))


def _held(rights: Sequence[LezPass | Permit]) -> Rights:
    passes: list[Any] = [one for one in rights if hasattr(one, "pass_id")]
    permits: list[Any] = [one for one in rights if hasattr(one, "permit_id")]
    return Rights(tuple(passes), tuple(permits))
