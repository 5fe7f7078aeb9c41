"""Next-camera prediction: where a vehicle that was at a camera is seen next, how likely, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.investigation.forecast import Moves, Next, forecast
from sinks.clickhouse.queries.ask import ask
from sinks.clickhouse.queries.learn import LOCAL_ZONE

__all__ = ["LEARNT_DAYS", "PREDICTED_FOR", "Prediction", "WentTo", "next_cameras", "week_hour"]

LEARNT_DAYS = 60
"""Older days tell less: roads and works change."""
PREDICTED_FOR = timedelta(hours=1)
"""Longer after the last sighting the trip has ended, and nothing was learnt of what comes then."""


@dataclass(frozen=True, slots=True)
class WentTo:
    """How many went on to one camera, and how long they took."""

    to_camera: str
    """Empty: not seen again within the hour; *: where too few went to be told."""
    camera_name: str
    n_all: int
    """At any time, in any direction."""
    n_direction: int
    """… in this direction."""
    n_kind: int
    """… at this hour of such days (work days, or weekends)."""
    n_hour: int
    """… at this hour of the week."""
    bins: list[int]
    """Of `travel_times`."""
    counts: list[int]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What to expect after a sighting."""

    outcomes: tuple[Next, ...]
    """Likeliest first; empty: nothing was learnt of this camera."""
    names: dict[str, str]
    """Name of each camera."""
    observations: int
    """Vehicles that it rests on."""
    at_this_hour: int
    """Those of them at this hour of the week, in this direction: few, and it leans on the others."""


def week_hour(moment: datetime) -> int:
    """Hour of the week on the wall clock: Monday 0 h is 0. moment: aware."""
    local = moment.astimezone(ZoneInfo(LOCAL_ZONE))
    return local.weekday() * 24 + local.hour


def next_cameras(
    client: Client, camera_id: str, seen_at: datetime, now: datetime, direction: str = "", days: int = LEARNT_DAYS
) -> Prediction:
    """Where a vehicle seen at this camera at `seen_at` shows next, if nothing was seen of it until `now`."""
    rows: Sequence[WentTo] = ask(
        client,
        "next_cameras",
        WentTo,
        camera_id=camera_id,
        direction=direction,
        week_hour=week_hour(seen_at),
        since=(now - timedelta(days=days)).date(),
    )
    moves = [
        Moves(r.to_camera, (r.n_all, r.n_direction, r.n_kind, r.n_hour), dict(zip(r.bins, r.counts, strict=True)))
        for r in rows
    ]
    outcomes = forecast(moves, max(0.0, (now - seen_at).total_seconds()))
    names = {r.to_camera: r.camera_name for r in rows}
    return Prediction(tuple(outcomes), names, sum(r.n_all for r in rows), sum(r.n_hour for r in rows))
