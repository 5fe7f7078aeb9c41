"""Latest locations of plates that are known in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from schemas.search import SearchRecord
from sinks.clickhouse.investigation.geo import Point
from sinks.clickhouse.packing import evidence_key, plate_displayed
from sinks.clickhouse.queries.ask import ask

__all__ = ["Packed", "Seen", "latest", "unpacked"]

ONE_PLATE = {"query_plan_enable_optimizations": 0, "max_threads": 1}
"""The view says itself what is looked for first. To look for better plans and a second thread took an eighth of the
time; of many plates they are worth it."""


@dataclass(frozen=True, slots=True)
class Packed:
    """One passage as the store gives it."""

    passage_id: UUID
    plate: str
    display_shape: str
    country: str
    camera_id: str
    captured_at: datetime
    confidence_1e4: int
    certainty: str
    late: bool
    frame_id: UUID
    evidence_rest: str
    position: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """One passage as a list shows it. What its camera is called and where it hangs, `cameras` says."""

    passage_id: UUID
    plate: str
    plate_display: str
    country: str
    """ISO 3166-1 alpha-2; empty: not told."""
    camera_id: str
    captured_at: datetime
    """Camera clock, UTC."""
    confidence: float
    certainty: str
    late: bool
    """True: uploaded late; not where the vehicle is now."""
    evidence: str
    """Key of its picture; empty: none."""
    position: Point | None
    """Where a moving camera was; None: not told."""


def latest(
    client: Client, search: SearchRecord, plates: Sequence[str], limit: int = 100, per_plate: int | None = None
) -> Sequence[Seen]:
    """Newest passages of these plates, and of each no more than `per_plate`. Raises SearchRefused."""
    found = ask(
        client,
        "latest",
        Packed,
        ONE_PLATE if len(plates) == 1 else None,
        search_id=search.search_id,
        officer=search.officer,
        plates=list(plates),
        limit=limit,
        per_plate=per_plate or limit,
    )
    return [unpacked(row) for row in found]


def unpacked(row: Packed) -> Seen:
    """For a list."""
    lat, lon = row.position["lat"], row.position["lon"]
    return Seen(
        passage_id=row.passage_id,
        plate=row.plate,
        plate_display=plate_displayed(row.plate, row.display_shape),
        country=row.country,
        camera_id=row.camera_id,
        captured_at=row.captured_at,
        confidence=row.confidence_1e4 / 10_000,
        certainty=row.certainty,
        late=row.late,
        evidence=evidence_key(row.camera_id, row.captured_at, row.frame_id, row.evidence_rest),
        position=Point(lat, lon) if lat or lon else None,
    )
