"""Distances and polygons."""

from __future__ import annotations

from math import cos, pi, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geo import Point, crosses_itself, distance_m, inside

PLACES = st.builds(Point, st.floats(-80, 80), st.floats(-179, 179))
SQUARE = [Point(50.0, 4.0), Point(50.0, 5.0), Point(51.0, 5.0), Point(51.0, 4.0)]


def test_a_known_distance() -> None:
    brussels, antwerp = Point(50.8467, 4.3525), Point(51.2211, 4.3997)
    assert distance_m(brussels, antwerp) == pytest.approx(41_760, rel=0.005)


@given(PLACES, PLACES)
def test_distance_is_the_same_both_ways_and_nothing_to_oneself(a: Point, b: Point) -> None:
    assert distance_m(a, b) == pytest.approx(distance_m(b, a), abs=1e-6)
    assert distance_m(a, a) == 0


@pytest.mark.parametrize(
    ("point", "held"),
    [
        (Point(50.5, 4.5), True),
        (Point(50.0, 4.0), True),
        (Point(50.5, 5.0), True),
        (Point(49.9, 4.5), False),
        (Point(50.5, 5.1), False),
        (Point(51.0, 3.9), False),
    ],
)
def test_inside_a_square_its_edge_included(point: Point, held: bool) -> None:
    assert inside(point, SQUARE) is held


def test_a_dent_is_outside() -> None:
    dented = [*SQUARE, Point(50.5, 4.5)]
    assert not inside(Point(50.5, 4.2), dented)
    assert inside(Point(50.5, 4.8), dented)


@given(st.integers(3, 12), st.floats(0, 6), st.floats(0, 1.5), st.floats(0, 2 * pi))
def test_a_round_polygon_holds_what_is_nearer_than_its_edges(n: int, turn: float, far: float, angle: float) -> None:
    corners = [Point(sin(turn + 2 * pi * k / n), cos(turn + 2 * pi * k / n)) for k in range(n)]
    assert not crosses_itself(corners)
    point = Point(far * sin(angle), far * cos(angle))
    if far < cos(pi / n) - 1e-9:
        assert inside(point, corners)
    if far > 1 + 1e-9:
        assert not inside(point, corners)


@pytest.mark.parametrize(
    ("corners", "crossed"),
    [
        (SQUARE, False),
        ([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], True),  # a bow tie
        ([Point(0, 0), Point(0, 2), Point(0, 1), Point(1, 1)], True),  # runs back over itself
        ([Point(0, 0), Point(0, 2), Point(2, 2), Point(2, 0), Point(0, 1)], True),  # touches its first edge
        ([Point(0, 0), Point(0, 1), Point(0, 2), Point(1, 1)], False),  # a corner on a straight edge
        ([Point(0, 0), Point(0, 1), Point(1, 1), Point(0, 1), Point(0, 2)], True),  # a spike
    ],
)
def test_a_polygon_that_crosses_itself_is_known(corners: list[Point], crossed: bool) -> None:
    assert crosses_itself(corners) is crossed
    assert crosses_itself(corners[1:] + corners[:1]) is crossed
    assert crosses_itself(corners[::-1]) is crossed
