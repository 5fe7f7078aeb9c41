"""Who can be where before a vehicle is: free patrols against the cameras where it may show next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from clickhouse_connect.driver.client import Client

from pipeline.geo import Point
from schemas.case import Case
from sinks.clickhouse.investigation.forecast import ELSEWHERE, NOT_SEEN, Next
from sinks.clickhouse.queries.cameras import Registered, cameras
from sinks.clickhouse.queries.next_cameras import next_cameras
from sinks.clickhouse.queries.patrols import Patrol, patrols

__all__ = ["Ahead", "InTime", "Intercept", "Reaches", "intercept", "weighed"]

LOOKED_AT, PATROLS_EACH = 5, 3
TOLD_FOR = timedelta(hours=1)
"""So long after a sighting it says where a vehicle goes on to."""
ROOM_S = 60.0
"""To stand ready: whoever is there later than this before the vehicle is there only perhaps."""
MOST_SHARE, LEAST_SHARE = 0.9, 0.1
"""Of those who go somewhere, so many come after the first moment that is known of them, and after the last."""
InTime = Literal["yes", "perhaps", "no"]


@dataclass(frozen=True, slots=True)
class Reaches:
    """One patrol on its way to one place."""

    patrol: Patrol
    there_at: datetime
    in_time: InTime
    """yes: a minute before half of the vehicles that go there are; perhaps: before nine in ten are."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """A camera where the vehicle may show next, and who can be there."""

    camera_id: str
    name: str
    position: Point
    probability: float
    earliest: datetime
    """One in ten of those who go there are there by then."""
    expected: datetime
    """Half of them."""
    latest: datetime
    """Nine in ten."""
    overdue: bool
    patrols: Sequence[Reaches]
    """The soonest there first."""


@dataclass(frozen=True, slots=True)
class Intercept:
    """What can be proposed."""

    asked_at: datetime
    ahead: Sequence[Ahead]
    """The likeliest first."""
    proposed: tuple[Ahead, Reaches] | None
    """None: nobody is near enough, or nothing is known; `why_none` says what."""
    why_none: Literal["", "not_seen", "old", "over", "unknown", "nobody"] = ""
    observations: int = 0
    """Vehicles that the forecast rests on."""


def intercept(client: Client, case: Case, now: datetime) -> Intercept:
    """For a case as it stands. Looks up no vehicle: its case says where it was."""
    why_none = _nothing_ahead(case, now)
    if why_none or case.last_seen_at is None or case.last_camera_id is None:
        return Intercept(now, (), None, why_none or "not_seen")
    found = next_cameras(client, case.last_camera_id, case.last_seen_at, now)
    known = {one.camera_id: one for one in cameras(client)}

    def near(place: Point) -> Sequence[Patrol]:
        return patrols(client, place, now, limit=PATROLS_EACH)

    ahead = weighed(found.outcomes, known, near, now)
    proposed = _proposed(ahead, case.last_camera_id)
    why = "" if proposed else "nobody" if ahead else "unknown"
    return Intercept(now, ahead, proposed, why, found.observations)  # type: ignore[arg-type]


def _nothing_ahead(case: Case, now: datetime) -> Literal["", "not_seen", "old", "over"]:
    if case.closed_at is not None:
        return "over"
    if case.last_seen_at is None:
        return "not_seen"
    return "old" if case.old_only or now - case.last_seen_at > TOLD_FOR else ""


def weighed(
    outcomes: Sequence[Next], known: Mapping[str, Registered], near: Callable[[Point], Sequence[Patrol]], now: datetime
) -> list[Ahead]:
    """The likeliest cameras that stand somewhere, each with the patrols near it."""
    found: list[Ahead] = []
    for one in outcomes:
        camera = known.get(one.to_camera) if one.to_camera not in (ELSEWHERE, NOT_SEEN) else None
        if camera is not None and camera.position is not None and one.p50_s is not None:
            found.append(_ahead(one, camera, camera.position, near, now))
        if len(found) == LOOKED_AT:
            break
    return found


def _ahead(
    one: Next, camera: Registered, place: Point, near: Callable[[Point], Sequence[Patrol]], now: datetime
) -> Ahead:
    half = one.p50_s or 0.0
    early, late = (half if value is None else value for value in (one.p10_s, one.p90_s))
    reaches = [_reaches(patrol, half, late, now) for patrol in near(place)]
    return Ahead(
        camera_id=camera.camera_id,
        name=camera.name,
        position=place,
        probability=one.probability,
        earliest=_in(now, early),
        expected=_in(now, half),
        latest=_in(now, late),
        overdue=one.overdue,
        patrols=sorted(reaches, key=lambda reach: reach.there_at),
    )


def _reaches(patrol: Patrol, half_s: float, late_s: float, now: datetime) -> Reaches:
    there_s = patrol.drive_s
    in_time: InTime = "yes" if there_s + ROOM_S <= half_s else "perhaps" if there_s <= late_s else "no"
    return Reaches(patrol, _in(now, there_s), in_time)


def _proposed(ahead: Sequence[Ahead], left: str) -> tuple[Ahead, Reaches] | None:
    """Where the vehicle most likely runs into somebody: how likely it goes there, and comes after them.

    left: the camera that saw it last. Some come past it again after a while, and whoever is near is there in time, but
    nobody is sent to wait where the vehicle has just driven away.
    """
    found = [(one, reach) for one in ahead if one.camera_id != left for reach in one.patrols if reach.in_time != "no"]
    return max(found, key=lambda pair: pair[0].probability * _share_after(*pair), default=None)


def _share_after(one: Ahead, reach: Reaches) -> float:
    """Of those who go there, about so many come when the patrol stands ready, by the three moments known of them."""
    ready = _in(reach.there_at, ROOM_S)
    known = ((one.earliest, MOST_SHARE), (one.expected, 0.5), (one.latest, LEAST_SHARE))
    if ready <= one.earliest:
        return MOST_SHARE
    for (begin, more), (end, less) in pairwise(known):
        if ready < end:
            return more - (more - less) * ((ready - begin) / (end - begin))
    return LEAST_SHARE


def _in(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)
