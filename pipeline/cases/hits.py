"""The hits that a case rests on. Of two statements about one hit the higher (revision, offset) holds, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pipeline.cases.records import EventRecord, HeldHitRecord, changed
from pipeline.cases.timeline import told
from pipeline.chances import chance_text
from schemas.case_file import HeldCase, HeldHit
from schemas.case_input import CaseInput

__all__ = ["MOST_HITS", "MOST_TAKEN_BACK", "held_hit", "hit_of", "in_order", "joined", "standing", "vehicle_of"]

MOST_HITS = 150
"""Of one case held one by one; a hit is corrected within a quarter of an hour, and nobody passes so many cameras."""
MOST_TAKEN_BACK = 50
"""Withdrawals of one vehicle that are held without their hits."""


def vehicle_of(match: str, plate: str, listed_plate: str) -> str:
    """Whose hit it is: a misread is of the listed vehicle, what fits a pattern is of the vehicle that was read."""
    return plate if match == "pattern" else listed_plate


def held_hit(given: CaseInput) -> HeldHit:
    """What is held of the hit in an input.

    It could be known when it was received; what was found afterwards, when it was found. Our clock in both cases: a
    camera's may be a day ahead, and a case must neither wait nor be last seen tomorrow.
    """
    hit, origin = given.hit, given.origin
    assert hit is not None
    return HeldHitRecord(
        hit_id=hit.hit_id,
        revision=hit.revision,
        offset=origin.offset if origin else 0,
        withdrawn=hit.withdrawn,
        known_at=given.at if hit.retroactive else min(hit.received_at, given.at),
        entry_id=hit.entry_id,
        list_kind=hit.list_kind,
        priority=hit.priority,
        owner=hit.owner,
        plate=hit.plate,
        listed_plate=hit.listed_plate,
        match=hit.match,
        probability=hit.probability,
        alert_class=hit.alert_class,
        instruction=hit.instruction,
        dangerous=hit.dangerous,
        reason=hit.reason,
        camera_id=hit.camera_id,
        place=hit.position or given.place,
        captured_at=hit.captured_at,
        seen_at=min(hit.captured_at, hit.received_at),
        evidence=hit.evidence,
        prompt=not (hit.late or hit.retroactive),
    )


def in_order(hit: HeldHit) -> tuple[datetime, UUID]:
    """What a case's hits are sorted by."""
    return hit.seen_at, hit.hit_id


def hit_of(held: HeldCase, hit_id: UUID) -> HeldHit | None:
    """The hit of this id, if the case holds it."""
    return next((hit for hit in held.hits if hit.hit_id == hit_id), None)


def standing(held: HeldCase) -> Sequence[HeldHit]:
    """Hits that are not taken back, in order of time."""
    return [hit for hit in held.hits if not hit.withdrawn]


def joined(held: HeldCase, hit: HeldHit) -> HeldCase:
    """The case with this statement about a hit; the same case if it knows a later one."""
    known = hit_of(held, hit.hit_id)
    if known is not None and (known.revision, known.offset) >= (hit.revision, hit.offset):
        return held
    others = [one for one in held.hits if one.hit_id != hit.hit_id]
    hits = sorted([*others, hit], key=in_order)
    gone = [one for one in hits[:-MOST_HITS] if not one.withdrawn]
    active_at = held.active_at if hit.withdrawn else max(held.active_at, hit.known_at)
    after = changed(held, hits=tuple(hits[-MOST_HITS:]), older=held.older + len(gone), active_at=active_at)
    stood = known is not None and not known.withdrawn
    return after if stood != hit.withdrawn else _say(after, hit)


def _say(held: HeldCase, hit: HeldHit) -> HeldCase:
    """A hit that has come, or is taken back; a correction that leaves it standing is seen in the case itself."""
    if hit.withdrawn:
        event = EventRecord(at=hit.known_at, kind="hit_withdrawn", fact_id=hit.hit_id, camera_id=hit.camera_id)
        return told(held, event)
    found = "" if hit.prompt else "; late or found afterwards: not where it is now"
    event = EventRecord(
        at=hit.known_at,
        kind="sighted" if hit.prompt else "sighted_late",
        fact_id=hit.hit_id,
        camera_id=hit.camera_id,
        captured_at=hit.captured_at,
        evidence=hit.evidence,
        text=f"{hit.list_kind}, {hit.match}, {chance_text(hit.probability)}, {hit.alert_class}{found}",
    )
    return told(held, event)
