"""Places on the earth: distances, and whether a point is inside a polygon. Pure; enough for one country."""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

__all__ = ["ROAD_FACTOR", "Point", "crosses_itself", "distance_m", "inside"]

EARTH_RADIUS_M = 6_371_000.0
ROAD_FACTOR = 1.3
"""Roads are so many times as long as the straight line: 1.2 to 1.4 in European networks. An assumption for
estimates that are shown as such; no vehicle is called impossible on its account."""


class Point(NamedTuple):
    """WGS 84, degrees."""

    lat: float
    lon: float


def distance_m(a: Point, b: Point) -> float:
    """Straight distance, m (haversine)."""
    half_lat, half_lon = radians(b.lat - a.lat) / 2, radians(b.lon - a.lon) / 2
    h = sin(half_lat) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(h)))


def inside(point: Point, corners: Sequence[Point]) -> bool:
    """Whether a polygon (3 corners or more, not closed) covers the point. Even-odd rule; edges count as inside."""
    within = False
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        if _on_edge(point, a, b):
            return True
        if (a.lat > point.lat) != (b.lat > point.lat):
            crossing = a.lon + (point.lat - a.lat) * (b.lon - a.lon) / (b.lat - a.lat)
            within ^= point.lon < crossing
    return within


def crosses_itself(corners: Sequence[Point]) -> bool:
    """Whether two edges that are not neighbours meet, or two neighbours fold onto each other."""
    edges = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    last = len(edges) - 1
    for i, one in enumerate(edges):
        for j in range(i + 1, len(edges)):
            neighbours = j == i + 1 or (i == 0 and j == last)
            if _folded(one, edges[j]) if neighbours else _meet(*one, *edges[j]):
                return True
    return False


def _turn(a: Point, b: Point, c: Point) -> float:
    """Above 0: a, b, c turn one way; below 0: the other; 0: they lie on a line."""
    return (b.lat - a.lat) * (c.lon - a.lon) - (b.lon - a.lon) * (c.lat - a.lat)


def _on_edge(point: Point, a: Point, b: Point) -> bool:
    return (
        _turn(a, b, point) == 0
        and min(a.lat, b.lat) <= point.lat <= max(a.lat, b.lat)
        and min(a.lon, b.lon) <= point.lon <= max(a.lon, b.lon)
    )


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    if (_turn(a, b, c) > 0) != (_turn(a, b, d) > 0) and (_turn(c, d, a) > 0) != (_turn(c, d, b) > 0):
        return _turn(a, b, c) != _turn(a, b, d)  # equal: both 0, on one line; the ends decide
    return _on_edge(c, a, b) or _on_edge(d, a, b) or _on_edge(a, c, d) or _on_edge(b, c, d)


def _folded(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Neighbours share one corner; sharing more, they run back over each other."""
    (corner,) = set(one) & set(other) if len(set(one) & set(other)) == 1 else (None,)
    if corner is None:
        return True
    a = one[0] if one[1] == corner else one[1]
    b = other[0] if other[1] == corner else other[1]
    return _on_edge(a, corner, b) or _on_edge(b, corner, a)
