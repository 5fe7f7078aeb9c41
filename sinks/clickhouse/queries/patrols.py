"""The patrols nearest to a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver.client import Client

from pipeline.geo import Point
from pipeline.patrols import MAX_AGE_S, drive_s
from sinks.clickhouse.queries.ask import ask

__all__ = ["AVAILABLE", "Patrol", "patrols"]

AVAILABLE = ("available",)


@dataclass(frozen=True, slots=True)
class Patrol:
    """One unit and how far it is."""

    patrol_id: str
    status: str
    """available, busy or off_duty."""
    police_zone: str
    """Empty: not told."""
    lat: float
    lon: float
    heading_deg: float | None
    speed_kmh: float | None
    fixed_at: datetime
    """Moment of its position."""
    distance_m: float
    """Straight."""
    age_s: float
    """Of its position."""
    stale: bool
    """True: the position is so old that it may be elsewhere."""

    @property
    def drive_s(self) -> float:
        """Estimated time to get there by road, s."""
        return drive_s(self.distance_m)


def patrols(
    client: Client,
    place: Point,
    now: datetime,
    *,
    statuses: Sequence[str] = AVAILABLE,
    police_zone: str = "",
    max_age_s: int = MAX_AGE_S,
    with_stale: bool = False,
    limit: int = 10,
) -> Sequence[Patrol]:
    """Units with a fresh position first, nearest first; stale ones after them, if wanted. now: aware."""
    return ask(
        client,
        "patrols",
        Patrol,
        lat=place.lat,
        lon=place.lon,
        at=now,
        statuses=list(statuses),
        police_zone=police_zone,
        max_age_s=max_age_s,
        with_stale=with_stale,
        limit=limit,
    )
