"""Vehicles and day passes for tests of the law."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from pipeline.lez.judge import Judgement, judge
from pipeline.lez.law import LawBook, load_law
from schemas.codec import compiled
from schemas.lez import LezPass, Vehicle

VehicleRecord, PassRecord = compiled(Vehicle), compiled(LezPass)
TODAY = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
"""A moment at which all that is in the law book is known."""


def vehicle(fuel: str = "diesel", euro: int | None = 4, **changes: Any) -> Vehicle:
    """A Belgian car."""
    fields: dict[str, Any] = {"plate": "1ABC234", "country": "BE", "category": "M1", "fuel": fuel, "euro": euro}
    return VehicleRecord(**fields | changes)


def day_pass(day: date, **changes: Any) -> LezPass:
    """A pass for Brussels, bought in time."""
    bought = datetime(day.year, day.month, day.day, tzinfo=UTC)
    fields: dict[str, Any] = {"pass_id": UUID(int=day.toordinal()), "plate": "1ABC234", "zone": "brussels"}
    return PassRecord(**fields | {"day": day, "bought_at": bought} | changes)


def judged(car: Vehicle | None, at: datetime, *passes: LezPass, **changes: Any) -> Judgement:
    """What the Brussels law says, as known today unless told otherwise."""
    law: LawBook = load_law("brussels")
    arguments: dict[str, Any] = {"country": "BE", "known_at": TODAY} | changes
    return judge(law, car, arguments["country"], passes, at=at, known_at=arguments["known_at"])
