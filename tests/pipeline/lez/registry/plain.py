"""Who bore a plate, by the words of the contract: what the register must say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pipeline.lez.facts import Facts, facts_of
from schemas.codec import compiled
from schemas.lez import OtherVehicle, Vehicle

OtherRecord = compiled(OtherVehicle)


def other(**told: Any) -> OtherVehicle:
    """Another vehicle with the same plate, a Belgian petrol car."""
    return OtherRecord(**{"category": "M1", "country": "BE", "fuel": "petrol"} | told)


def plain_bearer(record: Vehicle | None, country: str | None, moment: datetime) -> Facts | str | None:
    """Its facts, None: nobody; of several of one country who got it last."""
    told = () if record is None else (record, *record.others)
    then = [
        one
        for one in told
        if (one.registered_from is None or one.registered_from <= moment)
        and (one.registered_until is None or moment < one.registered_until)
    ]
    if len({one.country for one in then}) > 1:
        then = [one for one in then if one.country == country]
        if not then:
            return "two countries"
    since = [one.registered_from or datetime.min.replace(tzinfo=UTC) for one in then]
    return facts_of(then[since.index(max(since))]) if then else None
