"""From passages to legs and trips."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geo import ROAD_FACTOR
from sinks.clickhouse.investigation.legs import legs_of, odd_ones, ordered, trips_of
from sinks.clickhouse.queries.route import RoutePoint

START = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
KM_NORTH = 1 / 111.195
"""Degrees of latitude."""


def _point(number: int, seconds: float, km: float | None = 0.0, camera: str = "") -> RoutePoint:
    lat = None if km is None else 50 + km * KM_NORTH
    lon = None if km is None else 4.0
    moment = START + timedelta(seconds=seconds)
    name = camera or f"cam-{km}"
    return RoutePoint(UUID(int=number), moment, "1ABC234", name, name, "", 0.9, "sure", False, "", lat, lon)


def test_a_leg_says_how_far_how_long_and_how_fast() -> None:
    (leg,) = legs_of([_point(1, 0), _point(2, 600, 10)])
    assert leg.gap_s == 600
    assert leg.straight_m == pytest.approx(10_000, rel=1e-3)
    assert leg.road_m == pytest.approx(10_000 * ROAD_FACTOR, rel=1e-3)
    assert leg.speed_kmh == pytest.approx(60 * ROAD_FACTOR, rel=1e-3)
    assert leg.flag == ""


@pytest.mark.parametrize(
    ("seconds", "km", "flag"),
    [
        (300, 10, ""),  # 156 km/h along roads, but clocks and places may be off
        (260, 10, "fast"),
        (130, 10, "impossible"),
        (0, 10, "same_time"),
        (4, 10, "same_time"),
        (0, 0.3, ""),  # two cameras at one crossing
        (2, 0.4, ""),
        (3600, 0.5, "long_stop"),
        (1200, 0.5, ""),
        (3600, 0, "long_stop"),
        (100, None, "unplaced"),
    ],
)
def test_flags(seconds: float, km: float | None, flag: str) -> None:
    (leg,) = legs_of([_point(1, 0), _point(2, seconds, km)])
    assert leg.flag == flag


def test_clocks_that_differ_do_not_make_a_leg_impossible() -> None:
    """At 120 km/h past two cameras 1 km apart whose clocks differ by five seconds."""
    (leg,) = legs_of([_point(1, 0), _point(2, 30 - 5, 1)])
    assert leg.flag == ""


def test_a_stop_says_how_long_it_was_at_least() -> None:
    (leg,) = legs_of([_point(1, 0), _point(2, 7200, 10)])
    assert leg.flag == "long_stop"
    assert leg.stop_s == pytest.approx(7200 - 13 / 20 * 3600, rel=1e-3)


def test_the_same_camera_needs_no_place() -> None:
    (leg,) = legs_of([_point(1, 0, None, "car"), _point(2, 60, None, "car")])
    assert (leg.straight_m, leg.flag) == (0, "")


def test_a_passage_that_alone_makes_the_way_impossible_is_the_odd_one() -> None:
    way = [_point(1, 0, 0), _point(2, 300, 5), _point(3, 330, 200), _point(4, 600, 10), _point(5, 900, 15)]
    assert odd_ones(way) == [way[2]]


def test_the_first_or_the_last_may_be_the_odd_one() -> None:
    way = [_point(1, 0, 200), _point(2, 30, 0), _point(3, 330, 5), _point(4, 360, 200)]
    assert odd_ones(way) == [way[0], way[3]]


def test_two_vehicles_with_one_plate_have_no_odd_one() -> None:
    way = [_point(n, 300 * n, 200 * (n % 2)) for n in range(6)]
    assert odd_ones(way) == []
    assert {leg.flag for leg in legs_of(way)} == {"impossible"}


def test_two_passages_do_not_tell_which_of_them_is_odd() -> None:
    assert odd_ones([_point(1, 0, 0), _point(2, 1, 100)]) == []


POINTS = st.lists(
    st.builds(
        _point,
        st.integers(1, 40),
        st.integers(0, 20_000),
        st.one_of(st.none(), st.floats(0, 60).map(lambda km: round(km, 3))),
        st.sampled_from(["", "car"]),
    ),
    max_size=12,
    unique_by=lambda point: point.passage_id,
)
ANY_ORDER: Callable[[list[RoutePoint]], st.SearchStrategy[list[RoutePoint]]] = st.permutations


@given(POINTS.flatmap(lambda points: st.tuples(st.just(points), ANY_ORDER(points + points[:2]))))
def test_order_of_arrival_and_repetitions_do_not_matter(both: tuple[list[RoutePoint], list[RoutePoint]]) -> None:
    points, mixed = both
    assert legs_of(mixed) == legs_of(points)
    assert trips_of(mixed) == trips_of(points)
    assert odd_ones(mixed) == odd_ones(points)


@given(POINTS, st.integers(0, 20_000))
def test_trips_split_exactly_where_the_gap_is_longer(points: list[RoutePoint], gap_s: int) -> None:
    trips = trips_of(points, gap_s)
    assert [point for trip in trips for point in trip] == ordered(points)
    assert all(trips)
    for trip in trips:
        assert all(leg.gap_s <= gap_s for leg in legs_of(trip))
    for one, other in pairwise(trips):
        assert (other[0].captured_at - one[-1].captured_at).total_seconds() > gap_s


@given(POINTS)
def test_legs_run_from_passage_to_passage_and_time_never_goes_back(points: list[RoutePoint]) -> None:
    legs = legs_of(points)
    assert len(legs) == max(0, len(points) - 1)
    assert all(leg.gap_s >= 0 for leg in legs)
    assert all(one.end == other.start for one, other in pairwise(legs))


@given(st.integers(0, 20_000), st.floats(0, 500), st.integers(1, 2000))
def test_more_time_never_makes_a_leg_less_possible(seconds: int, km: float, more: int) -> None:
    rank = {"same_time": 3, "impossible": 2, "fast": 1, "": 0, "long_stop": 0}
    (sooner,) = legs_of([_point(1, 0), _point(2, seconds, km)])
    (later,) = legs_of([_point(1, 0), _point(2, seconds + more, km)])
    assert rank[later.flag] <= rank[sooner.flag]
