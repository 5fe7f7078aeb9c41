"""Latest locations of plates that are known in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from schemas.search import SearchRecord
from sinks.clickhouse.queries.ask import ask

__all__ = ["Seen", "latest"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One passage as a list shows it."""

    passage_id: UUID
    plate: str
    plate_display: str
    country: str
    """ISO 3166-1 alpha-2; empty: not told."""
    camera_id: str
    camera_name: str
    """Empty: a camera that is not registered."""
    captured_at: datetime
    """Camera clock, UTC."""
    confidence: float
    certainty: str
    late: bool
    """True: uploaded late; not where the vehicle is now."""
    evidence: str
    """Key of its picture; empty: none."""
    position: dict[str, Any]
    """`lat`, `lon`, WGS 84; both 0: not told."""


def latest(
    client: Client, search: SearchRecord, plates: Sequence[str], limit: int = 100, per_plate: int | None = None
) -> Sequence[Seen]:
    """Newest passages of these plates, and of each no more than `per_plate`. Raises SearchRefused."""
    return ask(
        client,
        "latest",
        Seen,
        search_id=search.search_id,
        officer=search.officer,
        plates=list(plates),
        limit=limit,
        per_plate=per_plate or limit,
    )
