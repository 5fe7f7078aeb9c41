"""Typical travel times between cameras, and origins and destinations of trips, as learnt: no plates in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.investigation.travel_times import quantile_s
from sinks.clickhouse.queries.ask import ask

__all__ = ["Flow", "travel"]


@dataclass(frozen=True, slots=True)
class Flow:
    """Vehicles from one camera to another."""

    from_camera: str
    from_name: str
    to_camera: str
    to_name: str
    moves: int
    """Movements in all these days; an estimate where one vehicle in so many was looked at."""
    days: int
    """Days on which there were any to tell of."""
    bins: list[int]
    """Travel times: bins of `travel_times` …"""
    counts: list[int]
    """… and how many in each."""

    def within_s(self, share: float) -> float | None:
        """Time in which this share of the vehicles arrives, s."""
        return quantile_s(dict(zip(self.bins, self.counts, strict=True)), share)


def travel(
    client: Client,
    kind: Literal["next", "journey"],
    since: date,
    from_camera: str = "",
    to_camera: str = "",
    week_hours: Sequence[int] = (),
    limit: int = 1000,
) -> Sequence[Flow]:
    """Flows since a day, busiest first. `next`: neighbouring cameras; `journey`: origin and destination of trips.

    Empty names stand for any camera, empty hours for all (0: Monday 0 h, local time).
    """
    return ask(
        client,
        "travel",
        Flow,
        kind=kind,
        since=since,
        from_camera=from_camera,
        to_camera=to_camera,
        week_hours=list(week_hours),
        limit=limit,
    )
