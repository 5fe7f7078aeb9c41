"""Rights that somebody paid for or was granted: day passes, permits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from pipeline.lez.book import LawBook
from pipeline.lez.model import Exemption
from pipeline.lez.periods import add_months
from schemas.lez import LezPass, Permit, Standard

__all__ = [
    "NO_RIGHTS",
    "REGISTRATION",
    "Rights",
    "covered_days",
    "covering_pass",
    "covering_permit",
    "registered_in_time",
]


REGISTRATION = "registration"
"""Ground of a permit that exempts from nothing: a foreign vehicle was registered for the zone. The register tells what
vehicle it is later, if at all."""


@dataclass(frozen=True, slots=True)
class Rights:
    """All passes and permits of one plate; of any zone, cancelled ones too."""

    passes: tuple[LezPass, ...] = ()
    permits: tuple[Permit, ...] = ()


NO_RIGHTS = Rights()


def covered_days(law: LawBook, at: datetime, known_at: datetime) -> tuple[date, ...]:
    """Local days whose pass covers the moment: its own, and early in the morning the one before."""
    local = law.local(at)
    terms = law.pass_terms(local.date(), law.local_day(known_at))
    if terms is None:
        return ()
    if local.time() < time(terms.ends_at_hour) and local.date() > date.min:
        return (local.date(), local.date() - timedelta(days=1))
    return (local.date(),)


def covering_pass(law: LawBook, passes: Iterable[LezPass], at: datetime, known_at: datetime) -> LezPass | None:
    """A pass of this zone that covers the moment, bought in time and by `known_at`; not one that was given back.

    The passes must be those of the vehicle: nothing here knows its plate.
    """
    days = covered_days(law, at, known_at)
    own = (one for one in passes if one.zone == law.zone and one.day in days and not one.cancelled)
    return next((one for one in own if one.bought_at <= known_at and _in_time(law, one, at, known_at)), None)


def _in_time(law: LawBook, bought: LezPass, at: datetime, known_at: datetime) -> bool:
    terms = law.pass_terms(bought.day, law.local_day(known_at))
    if terms is None:
        return False
    if terms.bought_days_after is None:
        return bought.bought_at <= at
    return bought.bought_at < law.end_of(_later(bought.day, terms.bought_days_after))


def covering_permit(
    law: LawBook, permits: Iterable[Permit], at: datetime, known_at: datetime, *, standard: Standard | None
) -> tuple[Permit, Exemption] | None:
    """A permit of this zone that holds on the day and was known by then, with the ground that the law book has.

    standard: by which the vehicle was judged: some grounds are for one only.
    """
    day, known = law.local_day(at), law.local_day(known_at)
    grounds = {
        one.ground: one
        for one in law.exemptions_at(day, known)
        if "permit" in one.by and (not one.standards or standard in one.standards)
    }
    for permit in permits:
        ground = grounds.get(permit.ground)
        held = permit.zone == law.zone and not permit.cancelled and permit.decided_at <= known_at
        if ground is not None and held and permit.from_day <= day <= _last_day(permit, ground):
            return permit, ground
    return None


def registered_in_time(law: LawBook, permits: Iterable[Permit], at: datetime, known_at: datetime) -> bool:
    """Whether a foreign vehicle was registered for the zone by the end of the last day on which that counts."""
    day = law.local_day(at)
    terms = law.foreign_terms(day, law.local_day(known_at))
    if terms is None:
        return False
    last = _later(day, terms.days_after)
    return any(
        one.ground == REGISTRATION
        and one.zone == law.zone
        and not one.cancelled
        and one.decided_at <= known_at
        and one.decided_at < law.end_of(last)
        and one.from_day <= last
        and day <= (one.until_day or date.max)
        for one in permits
    )


def _last_day(permit: Permit, ground: Exemption) -> date:
    if permit.until_day is not None:
        return permit.until_day
    if ground.lasts_years is None:
        return date.max
    return add_months(permit.from_day, 12 * ground.lasts_years) - timedelta(days=1)


def _later(day: date, days: int) -> date:
    return day + timedelta(days=days) if (date.max - day).days > days else date.max
