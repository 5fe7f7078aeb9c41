"""From passages to legs and trips: how far, how fast, and what can not be. Pure.

What calls a leg impossible is the rule of `pipeline.travel`, which anomalies go by too. The estimate along roads is
shown and makes a leg suspicious, never impossible.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from pipeline.geo import ROAD_FACTOR, distance_m
from pipeline.travel import CLOCK_SKEW_S, IMPOSSIBLE_KMH, SLACK_M, least_kmh
from sinks.clickhouse.queries.route import RoutePoint

__all__ = ["LIMITS", "Flag", "Leg", "Limits", "legs_of", "odd_ones", "ordered", "trips_of"]

Flag = Literal["", "fast", "impossible", "same_time", "long_stop", "unplaced"]
"""`same_time`: at two far places at once, so two vehicles wear the plate or one was misread. `impossible`: no car is
that fast. `fast`: suspicious. `long_stop`: stood still on the way. `unplaced`: a place is not known."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is believed of cars and cameras."""

    clock_skew_s: float = CLOCK_SKEW_S
    slack_m: float = SLACK_M
    impossible_kmh: float = IMPOSSIBLE_KMH
    fast_kmh: float = 150.0
    """Along roads this is suspicious."""
    slow_kmh: float = 20.0
    """Who drives slower than this along roads has stood still …"""
    stop_s: float = 1200.0
    """… and when for longer than this, it is said."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Leg:
    """From one passage to the next."""

    start: RoutePoint
    end: RoutePoint
    gap_s: float
    straight_m: float | None
    """None: a place is not known."""
    road_m: float | None
    """Estimate: the straight line times ROAD_FACTOR."""
    speed_kmh: float | None
    """Implied, along roads; None: not known, or no time between."""
    least_kmh: float | None
    """What it drove at least, clocks and places stretched in its favour."""
    stop_s: float
    """How long it stood at least; 0: no need to have stood."""
    flag: Flag


def ordered(points: Iterable[RoutePoint]) -> list[RoutePoint]:
    """In order of capture, whatever order they came in; each passage once."""
    return sorted({p.passage_id: p for p in points}.values(), key=lambda p: (p.captured_at, p.camera_id, p.passage_id))


def legs_of(points: Iterable[RoutePoint], limits: Limits = LIMITS) -> list[Leg]:
    """What lies between consecutive passages."""
    return [_leg(a, b, limits) for a, b in pairwise(ordered(points))]


def _leg(a: RoutePoint, b: RoutePoint, limits: Limits) -> Leg:
    gap_s = (b.captured_at - a.captured_at).total_seconds()
    if a.camera_id == b.camera_id and a.position == b.position:
        straight_m = 0.0  # of a camera without a place too
    elif a.position is None or b.position is None:
        return Leg(a, b, gap_s, None, None, None, None, 0.0, "unplaced")
    else:
        straight_m = distance_m(a.position, b.position)
    road_m = straight_m * ROAD_FACTOR
    least = least_kmh(straight_m, gap_s, limits.clock_skew_s, limits.slack_m)
    stop_s = max(0.0, gap_s - road_m / limits.slow_kmh * 3.6)
    leg = Leg(a, b, gap_s, straight_m, road_m, road_m / gap_s * 3.6 if gap_s else None, least, stop_s, "")
    return replace(leg, flag=_flag(leg, limits))


def _flag(leg: Leg, limits: Limits) -> Flag:
    assert leg.road_m is not None
    assert leg.least_kmh is not None
    if leg.least_kmh > limits.impossible_kmh:
        return "same_time" if leg.gap_s <= limits.clock_skew_s else "impossible"
    if least_kmh(leg.road_m, leg.gap_s, limits.clock_skew_s, limits.slack_m) > limits.fast_kmh:
        return "fast"
    return "long_stop" if leg.stop_s >= limits.stop_s else ""


def odd_ones(points: Iterable[RoutePoint], limits: Limits = LIMITS) -> list[RoutePoint]:
    """Passages without which the way is possible: a misread of another plate, a twin, or a camera's wrong clock."""
    way = ordered(points)
    return [point for place, point in enumerate(way) if len(way) > 2 and _odd(way, place, limits)]


def _odd(way: Sequence[RoutePoint], place: int, limits: Limits) -> bool:
    """Every leg that touches it is impossible, and none that would be left around it."""
    near = way[max(0, place - 1) : place + 2]
    around = [*way[max(0, place - 2) : place], *way[place + 1 : place + 3]]
    return all(map(_can_not_be, legs_of(near, limits))) and not any(map(_can_not_be, legs_of(around, limits)))


def _can_not_be(leg: Leg) -> bool:
    return leg.flag in {"impossible", "same_time"}


def trips_of(points: Iterable[RoutePoint], gap_s: float = 3600.0) -> list[list[RoutePoint]]:
    """Split where nothing was seen for longer than `gap_s`: each part is a trip."""
    trips: list[list[RoutePoint]] = []
    for point in ordered(points):
        if not trips or (point.captured_at - trips[-1][-1].captured_at).total_seconds() > gap_s:
            trips.append([])
        trips[-1].append(point)
    return trips
