"""A verdict in two parts: what is of the passage alone, and what the law says, which thousands of passages share."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipeline.lez.facts import Facts
from pipeline.lez.judgement import Enforcement, Judgement
from schemas.codec import encode, further, part
from schemas.lez import LezVerdict

__all__ = ["OF_PASSAGE", "fields_of_law", "first_registered_part", "law_part", "passage_part"]

OF_PASSAGE = frozenset(
    {"verdict_id", "revision", "withdrawn", "passage_id", "plate", "camera_id", "captured_at", "known_at"}
)
"""Fields of a verdict that differ from passage to passage. Those of the law are all others."""
passage_part = part(LezVerdict, OF_PASSAGE)
"""Makes the record of those fields."""
_LawPart = part(LezVerdict, frozenset(LezVerdict.model_fields) - OF_PASSAGE)
_FirstRegistered = part(LezVerdict, frozenset({"first_registered"}))


def law_part(zone: str, fields: dict[str, Any]) -> bytes:
    """Encoded, to stand at the end of a verdict; fields: of `fields_of_law`."""
    return further(encode(_LawPart(zone=zone, **fields)))


def first_registered_part(day: date) -> bytes:
    """Encoded, to stand between the two others, which then do not tell it."""
    return further(encode(_FirstRegistered(first_registered=day)))[:-1]


def fields_of_law(
    found: Judgement, follows: Enforcement, facts: Facts | None, *, country: str | None, sure: bool
) -> dict[str, Any]:
    """What a verdict tells beside its passage and its zone. country: of the plate's shape; sure: of the reading."""
    return {
        "verdict": found.verdict,
        "action": follows.action,
        "rule": found.rule,
        "reason": found.reason(),
        "fine_eur": follows.fine_eur,
        "fine_gbp": follows.fine_gbp,
        "sure": sure and found.verdict != "unknown",
        # Where no standard decided, that of the certificate: for counts, and to take the verdict again by another law.
        "standard": found.standard or (facts.standard if facts is not None else None),
        "standard_derived": found.derived,
        "unverified": found.unverified or follows.unverified,
        "doubtful": not sure,
        "if_sure": found.if_sure,
        "country": country,
        **(_of_vehicle(facts) if facts is not None else {}),
    }


def _of_vehicle(facts: Facts) -> dict[str, Any]:
    return {
        "category": facts.category,
        "fuel": facts.fuel,
        "euro": facts.euro,
        "country": facts.country,
        "n1_class": facts.n1_class,
        "body_code": facts.body_code,
        "first_registered": facts.first_registered,
        "exemptions": facts.exemptions,
    }
