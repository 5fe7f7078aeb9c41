"""Who is near: patrols on duty and free, by the time that they need."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime

from pipeline.geo import ROAD_FACTOR, Point, distance_m
from schemas.camera import PatrolPosition
from schemas.codec import compiled
from schemas.hit import NearPatrol

__all__ = ["MAX_AGE_S", "drive_s", "nearest"]

DRIVE_KMH = 50.0
"""Of a police car with blue light through a town, lights and junctions included. An assumption."""
MAX_AGE_S = 300
"""A position older than this tells little: at 50 km/h a car is four kilometres on."""
FARTHEST_M = 50_000.0
"""Nobody is called from farther away."""
NearRecord = compiled(NearPatrol)


def drive_s(straight_m: float) -> float:
    """Estimated time by road of a patrol that is so far away in a straight line, s."""
    return straight_m * ROAD_FACTOR / (DRIVE_KMH / 3.6)


def nearest(patrols: Iterable[PatrolPosition], place: Point, at: datetime, most: int = 3) -> tuple[NearPatrol, ...]:
    """Free units with a fresh position at that moment, the nearest first. A position from after it counts as now."""
    near = (_near(patrol, place, at) for patrol in patrols if patrol.status == "available")
    fresh = (one for one in near if one.position_age_s <= MAX_AGE_S and one.distance_m <= FARTHEST_M)
    return tuple(heapq.nsmallest(most, fresh, key=lambda one: (one.distance_m, one.patrol_id)))


def _near(patrol: PatrolPosition, place: Point, at: datetime) -> NearPatrol:
    far = distance_m(place, Point(patrol.position.lat, patrol.position.lon))
    age_s = max(0.0, (at - patrol.at).total_seconds())
    return NearRecord(
        patrol_id=patrol.patrol_id,
        distance_m=round(far, 1),
        road_s=round(drive_s(far), 1),
        position_age_s=round(min(age_s, 1e6), 1),
    )
