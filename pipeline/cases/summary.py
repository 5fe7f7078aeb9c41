"""What a case says of the hits and findings that it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pipeline.cases.hits import standing
from pipeline.cases.records import changed
from pipeline.hotlist.rules import KIND_NUMBERS, list_rules
from schemas.case import Case
from schemas.case_file import HeldAnomaly, HeldCase, HeldHit

__all__ = ["findings", "is_open", "is_urgent", "last_sighting", "summed", "waits_since"]

T = TypeVar("T")
ANOMALY_PRIORITY = 40
"""Of a case without a list: behind who is wanted, before papers."""


def is_open(case: Case) -> bool:
    """Somebody still has to deal with it, or does."""
    return case.state in {"new", "acknowledged", "pursuing"}


def is_urgent(case: Case) -> bool:
    """One of its lists is: patrols and next cameras are told."""
    return any(list_rules()[KIND_NUMBERS[kind]].urgent for kind in case.list_kinds)


def findings(held: HeldCase) -> Sequence[HeldAnomaly]:
    """Anomalies that are not taken back."""
    return [one for one in held.anomalies if not one.withdrawn]


def last_sighting(held: HeldCase) -> HeldHit | None:
    """Where the vehicle was last: of prompt hits, or where there are none, of the others."""
    hits = standing(held)
    prompt = [hit for hit in hits if hit.prompt]
    return (prompt or hits or [None])[-1]  # type: ignore[list-item]


def waits_since(held: HeldCase) -> datetime | None:
    """Since when the case could have been acknowledged; None: it need not be.

    Nobody is called for what passed hours ago. Of a case with sure hits these count, not the doubtful ones before.
    """
    prompt = [hit for hit in standing(held) if hit.prompt]
    sure = [hit for hit in prompt if hit.alert_class == "alert"]
    known = [hit.known_at for hit in sure or prompt] or [one.known_at for one in findings(held)]
    if held.case.state != "new" or not known:
        return None
    return max(min(known), held.new_at) if held.new_at else min(known)


def summed(held: HeldCase) -> HeldCase:
    """The case with what follows from its facts. One without any keeps what it said, and no hit."""
    hits = standing(held)
    case = changed(
        held.case,
        hit_ids=tuple(hit.hit_id for hit in hits),
        hit_count=len(hits) + held.older,
        anomalies=tuple(one.shown for one in findings(held)),
    )
    if hits:
        case = changed(case, **_of_lists(hits), **_of_last(case, held))
    return changed(held, case=case)


def _of_lists(hits: Sequence[HeldHit]) -> dict[str, Any]:
    ranked = sorted(hits, key=lambda hit: (hit.priority, hit.alert_class, -hit.seen_at.timestamp(), hit.hit_id))
    first = ranked[0]
    return {
        "list_kinds": _each(hit.list_kind for hit in ranked)[:16],
        "priority": first.priority,
        "alert_class": min(hit.alert_class for hit in hits),  # alert before confirm
        "dangerous": any(hit.dangerous for hit in hits),
        "instruction": first.instruction,
        "reason": first.reason,
        "owners": _each(hit.owner for hit in ranked)[:16],
        "entry_ids": _each(hit.entry_id for hit in ranked)[:64],
        "listed_plates": _each(hit.listed_plate for hit in ranked)[:16],
        "probability": max(hit.probability for hit in hits),
        "old_only": not any(hit.prompt for hit in hits),
    }


def _each(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def _of_last(case: Case, held: HeldCase) -> dict[str, Any]:
    """The last sighting; who is near and what comes next are forgotten with the place that they were told for."""
    last = last_sighting(held)
    assert last is not None
    fields = {
        "last_camera_id": last.camera_id,
        "last_captured_at": last.captured_at,
        "last_position": last.place,
        "last_seen_at": last.seen_at,
        "evidence": last.evidence,
    }
    if (case.last_camera_id, case.last_seen_at) == (last.camera_id, last.seen_at):
        return fields
    return fields | {"next_cameras": (), "nearest_patrols": (), "patrols_at": None}
