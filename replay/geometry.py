"""Distances and bearings on a sphere, enough for one city."""

from __future__ import annotations

from math import asin, atan2, cos, degrees, radians, sin, sqrt

from schemas.base import GeoPoint

__all__ = ["bearing_deg", "between", "distance_m"]

EARTH_RADIUS_M = 6_371_000.0


def distance_m(a: GeoPoint, b: GeoPoint) -> float:
    """Straight distance, m (haversine)."""
    half_lat = radians(b.lat - a.lat) / 2
    half_lon = radians(b.lon - a.lon) / 2
    h = sin(half_lat) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(h))


def bearing_deg(a: GeoPoint, b: GeoPoint) -> float:
    """Direction from a to b, degrees clockwise from north, 0 ≤ … < 360."""
    lat_a, lat_b, turn = radians(a.lat), radians(b.lat), radians(b.lon - a.lon)
    east = sin(turn) * cos(lat_b)
    north = cos(lat_a) * sin(lat_b) - sin(lat_a) * cos(lat_b) * cos(turn)
    return round(degrees(atan2(east, north)) % 360, 1) % 360


def between(a: GeoPoint, b: GeoPoint, share: float) -> GeoPoint:
    """The point at `share` (0 = a, 1 = b) of the straight line."""
    return GeoPoint(lat=round(a.lat + (b.lat - a.lat) * share, 6), lon=round(a.lon + (b.lon - a.lon) * share, 6))
