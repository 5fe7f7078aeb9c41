"""Latest locations of plates that are known in full."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from pipeline.geo import Point
from schemas.search import SearchRecord
from sinks.clickhouse.packing import evidence_key, plate_displayed
from sinks.clickhouse.queries.ask import ask_sql
from sinks.clickhouse.queries.sightings import sightings_sql

__all__ = ["Seen", "latest"]

ONE_PLATE = {"query_plan_enable_optimizations": 0, "max_threads": 1}
"""The view says itself what is looked for first. To look for better plans and a second thread took an eighth of the
time; of many plates they are worth it."""


_BOUNDS = {"after": "captured_at >= {after:DateTime64(3)}", "before": "captured_at < {before:DateTime64(3)}"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One passage as a list shows it. What its camera is called and where it hangs, `cameras` says."""

    passage_id: UUID
    plate: str
    display_shape: str
    country: str
    """ISO 3166-1 alpha-2; empty: not told."""
    camera_id: str
    captured_at: datetime
    """Camera clock, UTC."""
    confidence_1e4: int
    certainty: str
    late: bool
    """True: uploaded late; not where the vehicle is now."""
    frame_id: UUID
    evidence_rest: str
    place: dict[str, Any]
    """`lat`, `lon` of a moving camera, WGS 84; both 0: not told."""
    direction: str
    """approaching or departing; empty: not told."""

    @property
    def plate_display(self) -> str:
        """National form."""
        return plate_displayed(self.plate, self.display_shape)

    @property
    def confidence(self) -> float:
        """Of the consensus, 0 to 1."""
        return self.confidence_1e4 / 10_000

    @property
    def evidence(self) -> str:
        """Key of its picture; empty: none."""
        return evidence_key(self.camera_id, self.captured_at, self.frame_id, self.evidence_rest)

    @property
    def position(self) -> Point | None:
        """Where a moving camera was; None: not told."""
        lat, lon = self.place["lat"], self.place["lon"]
        return Point(lat, lon) if lat or lon else None


def latest(
    client: Client,
    search: SearchRecord,
    plates: Sequence[str],
    limit: int = 100,
    per_plate: int | None = None,
    time: tuple[datetime | None, datetime | None] = (None, None),
) -> Sequence[Seen]:
    """Newest passages of these plates, and of each no more than `per_plate`. Raises SearchRefused.

    time: from then until before then, of all that the search opens.
    """
    bounds = {name: moment for name, moment in zip(("after", "before"), time, strict=True) if moment is not None}
    return ask_sql(
        client,
        _within(sightings_sql("latest", search), bounds),
        Seen,
        ONE_PLATE if len(plates) == 1 else None,
        search_id=search.search_id,
        officer=search.officer,
        plates=list(plates),
        limit=limit,
        per_plate=per_plate or limit,
        **bounds,
    )


def _within(sql: str, bounds: Collection[str]) -> str:
    """The question with the bounds that are given, and else as it is: what is not asked is not planned."""
    told = [_BOUNDS[name] for name in bounds]
    return sql.replace("ORDER BY", f"WHERE {' AND '.join(told)}\nORDER BY") if told else sql
