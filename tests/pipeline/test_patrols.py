"""Who is near."""

from __future__ import annotations

from typing import Any

from pipeline.geo import Point
from pipeline.patrols import MAX_AGE_S, nearest
from schemas.base import GeoPoint
from schemas.camera import PatrolPosition
from schemas.codec import compiled
from tests.pipeline.builders import at

PatrolRecord, PointRecord = compiled(PatrolPosition), compiled(GeoPoint)
HERE = Point(50.85, 4.35)


def patrol(name: str, lat: float = 50.85, seconds: float = -10, **more: Any) -> PatrolPosition:
    """A free unit."""
    given: dict[str, Any] = {"status": "available", "position": PointRecord(lat=lat, lon=4.35)}
    return PatrolRecord(patrol_id=name, at=at(seconds), **(given | more))


def names(*patrols: PatrolPosition, most: int = 3) -> list[str]:
    return [one.patrol_id for one in nearest(patrols, HERE, at(0), most)]


def test_the_nearest_come_first_and_no_more_than_asked() -> None:
    assert names(patrol("c", 50.9), patrol("a", 50.851), patrol("b", 50.86), most=2) == ["a", "b"]


def test_only_units_that_are_free_and_whose_position_is_fresh() -> None:
    stale = patrol("stale", seconds=-MAX_AGE_S - 1)
    fresh = patrol("fresh", seconds=-MAX_AGE_S)
    assert names(stale, fresh, patrol("busy", status="busy"), patrol("home", status="off_duty")) == ["fresh"]


def test_nobody_is_called_from_the_other_end_of_the_country() -> None:
    assert names(patrol("far", 51.4)) == []


def test_a_position_from_after_the_moment_counts_as_now() -> None:
    (one,) = nearest([patrol("a", seconds=5)], HERE, at(0))
    assert (one.position_age_s, one.distance_m, one.road_s) == (0, 0, 0)


def test_the_time_by_road_is_longer_than_the_straight_line_at_fifty() -> None:
    (one,) = nearest([patrol("a", 50.86)], HERE, at(0))
    assert one.road_s > one.distance_m / (50 / 3.6)
