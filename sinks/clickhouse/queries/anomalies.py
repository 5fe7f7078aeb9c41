"""What does not fit: plates on two vehicles, cameras whose clock is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clickhouse_connect.driver.client import Client

from schemas.search import SearchRecord
from sinks.clickhouse.queries.ask import ask

__all__ = ["Misfit", "anomalies"]


@dataclass(frozen=True, slots=True)
class Misfit:
    """One anomaly, as it stands now."""

    anomaly_id: UUID
    kind: str
    """impossible_travel, camera_clock …"""
    plate: str
    """Empty: it is about a camera."""
    camera_id: str
    """The camera; for a plate the later one."""
    observed_at: datetime
    ended_at: datetime | None
    """When it was over; None: it is not, or of a kind that has no end."""
    score: float
    """How sure, 0 to 1."""
    distance_m: float | None
    elapsed_s: float | None
    needed_kmh: float | None
    """What one car would have driven at least."""
    detail: str
    passages: int
    """How many it rests on."""
    sighted: Sequence[UUID]
    """Passages to compare, in order of time …"""
    cameras: Sequence[str]
    """… where …"""
    times: Sequence[datetime]
    """… by their camera clocks …"""
    pictures: Sequence[str]
    """… keys of their pictures; empty: none …"""
    lats: Sequence[float]
    lons: Sequence[float]
    """… where that was, WGS 84; both 0: not told …"""
    confidences: Sequence[float]
    """… and how sure their readings are, 0 to 1."""


def anomalies(client: Client, search: SearchRecord, kinds: Sequence[str] = (), limit: int = 100) -> Sequence[Misfit]:
    """Newest anomalies at the cameras of the search's scene; kinds: only these. Raises SearchRefused.

    One that was at a camera of the scene and at another one is shown whole: it is about both.
    """
    return ask(
        client,
        "anomalies",
        Misfit,
        search_id=search.search_id,
        officer=search.officer,
        kinds=list(kinds),
        limit=limit,
    )
