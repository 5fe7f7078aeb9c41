"""The way of a vehicle: its passages in order of capture; `sinks.clickhouse.investigation.legs` judges the gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from pipeline.geo import Point
from schemas.search import SearchRecord
from sinks.clickhouse.packing import evidence_key
from sinks.clickhouse.queries.ask import ask_sql
from sinks.clickhouse.queries.sightings import sightings_sql

__all__ = ["RoutePoint", "plate_of_passage", "route"]

AT_ONCE = 500
"""Plates of one question."""


@dataclass(frozen=True, slots=True)
class _Passed:
    """One passage as the store gives it."""

    passage_id: UUID
    captured_at: datetime
    plate: str
    camera_id: str
    camera_name: str
    direction: str
    confidence: float
    certainty: str
    late: bool
    frame_id: UUID
    evidence_rest: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class RoutePoint:
    """One passage on the way."""

    passage_id: UUID
    captured_at: datetime
    """Camera clock, UTC."""
    plate: str
    camera_id: str
    camera_name: str
    """Empty: a camera that is not registered."""
    direction: str
    """approaching or departing; empty: not told."""
    confidence: float
    certainty: str
    """doubtful: may be another vehicle's."""
    late: bool
    """True: uploaded late; it stands where it was captured."""
    evidence: str
    """Key of its picture; empty: none."""
    lat: float | None
    """WGS 84; None: not known."""
    lon: float | None

    @property
    def position(self) -> Point | None:
        """Where that was; None: not known."""
        return None if self.lat is None or self.lon is None else Point(self.lat, self.lon)


def route(client: Client, search: SearchRecord, plates: Sequence[str], limit: int = 10_000) -> Sequence[RoutePoint]:
    """Passages of these plates in the search's time, oldest first; the newest `limit`. Raises SearchRefused."""
    passed = ask_sql(
        client,
        sightings_sql("route", search),
        _Passed,
        search_id=search.search_id,
        officer=search.officer,
        plates=list(plates),
        limit=limit,
    )
    return [_point(row) for row in passed]


def _point(row: _Passed) -> RoutePoint:
    return RoutePoint(
        passage_id=row.passage_id,
        captured_at=row.captured_at,
        plate=row.plate,
        camera_id=row.camera_id,
        camera_name=row.camera_name,
        direction=row.direction,
        confidence=row.confidence,
        certainty=row.certainty,
        late=row.late,
        evidence=evidence_key(row.camera_id, row.captured_at, row.frame_id, row.evidence_rest),
        lat=row.lat,
        lon=row.lon,
    )


@dataclass(frozen=True, slots=True)
class _Whose:
    plate: str


def plate_of_passage(client: Client, search: SearchRecord, plates: Sequence[str], passage_id: UUID) -> str | None:
    """Whose of these plates a passage is that the search opens; None: of none. Raises SearchRefused."""
    asked: dict[str, Any] = {"search_id": search.search_id, "officer": search.officer, "passage_id": passage_id}
    sql = sightings_sql("plate_of_passage", search)
    for start in range(0, len(plates), AT_ONCE):
        found = ask_sql(client, sql, _Whose, plates=list(plates[start : start + AT_ONCE]), **asked)
        if found:
            return found[0].plate
    return None
