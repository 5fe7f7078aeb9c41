"""Areas as people give them, and the registered cameras inside.

`camera:ID,ID …`, `zone:ID`, `near:LAT,LON,METRES`, `polygon:LAT,LON LAT,LON …` or a GeoJSON polygon (text or file).
A moving camera has no place of its own, so no polygon or circle holds it: name it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pipeline.geo import Point, crosses_itself, distance_m, inside
from sinks.clickhouse.queries.cameras import Registered
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["Area", "circle_area", "parse_area", "polygon_area"]

MOST_CORNERS = 1000
MOST_RADIUS_M = 100_000
HOW = "write camera:ID, zone:ID, near:LAT,LON,METRES, polygon:LAT,LON LAT,LON …, or a GeoJSON polygon"


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the world, in words and as a test of cameras."""

    text: str
    """As it is shown again."""
    holds: Callable[[Registered], bool]
    corners: tuple[Point, ...] = ()
    """Of a polygon or the centre of a circle: for the check of swapped coordinates."""
    names: frozenset[str] = frozenset()
    """Cameras named one by one, all of which must be known: a slip of the pen would else look like an empty road."""

    def cameras(self, registered: Sequence[Registered]) -> tuple[str, ...]:
        """Identifiers of the cameras inside, sorted. Raises SearchRefused when there is none, or one is not known."""
        known = {camera.camera_id for camera in registered}
        for name in sorted(self.names - known):
            like = get_close_matches(name, sorted(known), n=3)
            hint = f"did you mean {' or '.join(like)}?" if like else "zone: and near: find cameras without their names"
            raise SearchRefused(f"no camera {name} is registered; {hint}", "camera_unknown", typed=name)
        found = tuple(sorted(camera.camera_id for camera in registered if self.holds(camera)))
        if found:
            return found
        if self._swapped(registered):
            raise SearchRefused(
                f"no camera in {self.text}: latitude and longitude look swapped (GeoJSON puts longitude first)",
                "area_swapped",
                typed=self.text,
            )
        raise SearchRefused(f"no registered camera in {self.text}: widen it", "area_empty", typed=self.text)

    def _swapped(self, registered: Iterable[Registered]) -> bool:
        """Whether the corners turned round lie where there are cameras, and as they stand do not."""
        places = [camera.position for camera in registered if camera.position is not None]
        turned = [Point(corner.lon, corner.lat) for corner in self.corners]
        return bool(places and turned) and _near(turned, places) and not _near(self.corners, places)


def _near(corners: Sequence[Point], places: Sequence[Point]) -> bool:
    """Whether the boxes around them overlap, with a degree to spare."""
    return all(
        min(p[axis] for p in corners) <= max(p[axis] for p in places) + 1
        and max(p[axis] for p in corners) >= min(p[axis] for p in places) - 1
        for axis in (0, 1)
    )


def polygon_area(corners: Sequence[Point], text: str = "the polygon") -> Area:
    """A polygon of 3 to 1,000 corners, closed or not. Raises SearchRefused for one that is no area."""
    ring = tuple(corners[:-1] if len(corners) > 1 and corners[0] == corners[-1] else corners)
    if len(set(ring)) < 3:
        raise SearchRefused(f"a polygon needs three corners, this has {len(set(ring))}", "polygon_corners")
    if len(ring) > MOST_CORNERS:
        raise SearchRefused(f"a polygon of {len(ring)} corners: at most {MOST_CORNERS}", "polygon_corners")
    if crosses_itself(ring):
        raise SearchRefused("the polygon crosses itself: give its corners in order, around it", "polygon_crossed")
    for corner in ring:
        _check(corner, ring)
    return Area(text, lambda camera: camera.position is not None and inside(camera.position, ring), ring)


def circle_area(centre: Point, radius_m: float, text: str = "the circle") -> Area:
    """Everything within so many metres. Raises SearchRefused for a radius that is none, or too large."""
    _check(centre, ())
    if not 0 < radius_m <= MOST_RADIUS_M:
        raise SearchRefused(f"a radius of {radius_m:g} m: give 1 to {MOST_RADIUS_M:,} m", "radius_wrong")
    return Area(text, lambda c: c.position is not None and distance_m(centre, c.position) <= radius_m, (centre,))


def _check(corner: Point, corners: Sequence[Point]) -> None:
    if not (-90 <= corner.lat <= 90 and -180 <= corner.lon <= 180):  # NaN fails too
        hint = ": latitude and longitude look swapped" if corners and abs(corner.lat) <= 180 else ""
        raise SearchRefused(f"{corner.lat:g}, {corner.lon:g} is no place on earth{hint}", "place_wrong")


def parse_area(text: str) -> Area:
    """The area that a text or a GeoJSON file names. Raises SearchRefused with how to write it."""
    kind, _colon, rest = text.strip().partition(":")
    if text.lstrip().startswith("{"):
        return polygon_area(_geojson(text))
    if kind in {"camera", "cameras"} and (names := frozenset(_words(rest))):
        return Area(text, lambda camera: camera.camera_id in names, names=names)
    if kind == "zone" and rest.strip():
        return Area(text, lambda camera: camera.police_zone == rest.strip())
    if kind == "near" and len(numbers := _numbers(rest)) == 3:
        return circle_area(Point(numbers[0], numbers[1]), numbers[2], text)
    if kind == "polygon":
        return polygon_area(_listed(rest), "the polygon")
    if text.endswith(("json", "JSON")):
        return polygon_area(_geojson(_read(text)), text)
    raise SearchRefused(f"'{text}' is no area: {HOW}", "area_unknown", typed=text)


def _read(name: str) -> str:
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise SearchRefused(f"{name} can not be read: {error}", "area_unknown", typed=name) from error


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _numbers(text: str) -> list[float]:
    try:
        return [float(word) for word in _words(text)]
    except ValueError:
        return []


def _listed(text: str) -> list[Point]:
    """Corners `LAT,LON LAT,LON …`."""
    numbers = _numbers(text)
    if not numbers or len(numbers) % 2:
        how = "write LAT,LON LAT,LON LAT,LON"
        raise SearchRefused(f"'{text}' is no list of corners: {how}", "polygon_corners", typed=text)
    return [Point(lat, lon) for lat, lon in zip(numbers[::2], numbers[1::2], strict=True)]


def _geojson(text: str) -> list[Point]:
    """Outer ring of the one polygon in a GeoJSON geometry, feature or collection (longitude first, RFC 7946)."""
    try:
        rings = _rings(json.loads(text))
        return [Point(float(place[1]), float(place[0])) for place in rings[0]]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise SearchRefused("this GeoJSON holds no polygon: draw one polygon without holes", "polygon_none") from error


def _rings(shape: Any) -> list[Any]:
    if shape["type"] == "FeatureCollection":
        (feature,) = shape["features"]
        return _rings(feature)
    if shape["type"] == "Feature":
        return _rings(shape["geometry"])
    if shape["type"] == "Polygon" and len(shape["coordinates"]) == 1:
        return list(shape["coordinates"])
    raise ValueError(shape["type"])
