"""A map of roads and cameras as an SVG picture, from the data that the simulation drives on."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from math import cos, radians

from replay.brussels import ZONE_NAMES
from replay.city import City
from replay.roads import FEDERAL, RING
from schemas.base import GeoPoint
from schemas.camera import Camera

__all__ = ["city_map"]

WIDTH, MARGIN, LEGEND = 1000.0, 24.0, 150.0
COLOURS = ("#c0392b", "#2471a3", "#b7950b", "#1e8449", "#7d3c98", "#ca6f1e", "#148f77", "#a04070")
FEDERAL_COLOUR = "#17202a"
ROAD_WIDTH = {"motorway": 2.2, "ring": 2.2, "tunnel": 1.6, "main": 1.1, "street": 0.6}
NAME_WIDTH, NAME_HEIGHT = 95.0, 15.0
NAMED_FROM = 12
"""A zone with fewer cameras is not named."""


class _Sheet:
    """Degrees → places on the picture."""

    def __init__(self, points: list[GeoPoint]) -> None:
        lats, lons = [p.lat for p in points], [p.lon for p in points]
        self._west, self._north = min(lons), max(lats)
        self._narrow = cos(radians((min(lats) + max(lats)) / 2))
        self._scale = (WIDTH - 2 * MARGIN) / ((max(lons) - self._west) * self._narrow)
        self.height = (self._north - min(lats)) * self._scale + 2 * MARGIN

    def place(self, point: GeoPoint) -> tuple[float, float]:
        x = MARGIN + (point.lon - self._west) * self._narrow * self._scale
        return round(x, 1), round(MARGIN + (self._north - point.lat) * self._scale, 1)


def city_map(city: City) -> str:
    """Roads by class, fixed cameras by the zone they belong to, spots of mobile cameras as rings."""
    sheet = _Sheet([one.position for one in city.roads.crossings.values()])
    zones = _by_zone(city)
    dot = 5.0 if len(city.sites) < 1000 else 2.6
    parts = [*_roads(city, sheet), *_spots(city, sheet, dot)]
    for n, (zone, cameras) in enumerate(zones.items()):
        parts.append(_dots(cameras, sheet, _colour(zone, n), dot))
    parts += _names(city, sheet) if len(zones) > 10 else _legend(zones, sheet)
    kinds = f"{len(city.sites):,} fixed cameras, {len(city.mobile):,} mobile, {len(city.patrol_cars):,} in patrol cars"
    parts.append(_text(MARGIN, sheet.height + 12, f"{kinds}; {len(city.roads.roads):,} roads", 14))
    size = f'viewBox="0 0 {WIDTH:.0f} {sheet.height + LEGEND:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="DejaVu Sans, sans-serif">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fdfdfb"/>', *parts, "</svg>\n"])


def _by_zone(city: City) -> dict[str, list[Camera]]:
    found: dict[str, list[Camera]] = defaultdict(list)
    for site in city.sites:
        found[site.camera.police_zone or ""].append(site.camera)
    return dict(sorted(found.items()))


def _colour(zone: str, number: int) -> str:
    return FEDERAL_COLOUR if zone == FEDERAL else COLOURS[number % len(COLOURS)]


def _roads(city: City, sheet: _Sheet) -> list[str]:
    lines: dict[str, list[str]] = defaultdict(list)
    for road in city.roads.roads:
        (x, y), (to_x, to_y) = (sheet.place(city.roads.crossings[name].position) for name in (road.a, road.b))
        lines[road.road_class].append(f"M{x:g} {y:g}L{to_x:g} {to_y:g}")
    return [_line("".join(drawn), kind) for kind, drawn in sorted(lines.items())]


def _line(drawn: str, kind: str) -> str:
    broken = ' stroke-dasharray="4 3"' if kind == "tunnel" else ""
    return f'<path d="{drawn}" stroke="#9aa0a6" stroke-width="{ROAD_WIDTH[kind]}" fill="none"{broken}/>'


def _dots(cameras: list[Camera], sheet: _Sheet, colour: str, size: float) -> str:
    """One line of no length for each, with round ends: a third of the bytes of circles."""
    places = dict.fromkeys(sheet.place(one.position) for one in cameras if one.position)
    drawn = "".join(f"M{x:g} {y:g}h0" for x, y in places)
    return f'<path d="{drawn}" stroke="{colour}" stroke-width="{size}" stroke-linecap="round" fill="none"/>'


def _spots(city: City, sheet: _Sheet, size: float) -> list[str]:
    return [
        f'<circle cx="{x:g}" cy="{y:g}" r="{size * 0.7:g}" fill="none" stroke="#7f8c8d" stroke-width="0.6"/>'
        for x, y in dict.fromkeys(sheet.place(spot.position) for spot in city.spots)
    ]


def _legend(zones: dict[str, list[Camera]], sheet: _Sheet) -> list[str]:
    parts = []
    for n, (zone, cameras) in enumerate(zones.items()):
        x, y = MARGIN + (n % 2) * 480, sheet.height + 38 + (n // 2) * 24
        parts.append(f'<circle cx="{x + 5:g}" cy="{y - 5:g}" r="5" fill="{_colour(zone, n)}"/>')
        name = ZONE_NAMES.get(zone, "outer ring, federal police")
        parts.append(_text(x + 18, y, f"{name}: {len(cameras)}", 14))
    y = sheet.height + 38 + (len(zones) // 2 + len(zones) % 2) * 24
    parts.append(_text(MARGIN, y, "broken lines: tunnels; rings: where mobile cameras may stand", 14))
    return parts


def _names(city: City, sheet: _Sheet) -> list[str]:
    """Each zone that is a town at the middle of its cameras."""
    places: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for site in city.sites:
        zone = "brussels" if site.camera.police_zone in ZONE_NAMES else site.camera.police_zone
        if site.camera.position and zone not in (RING, FEDERAL, None):
            places[str(zone)].append(sheet.place(site.camera.position))
    middles = sorted(
        (sum(x for x, _ in found) / len(found), sum(y for _, y in found) / len(found), f"{zone.title()} {len(found)}")
        for zone, found in places.items()
        if len(found) >= NAMED_FROM
    )
    put: list[tuple[float, float]] = []
    parts = []
    for x, y, text in middles:
        while any(abs(x - there[0]) < NAME_WIDTH and abs(y - there[1]) < NAME_HEIGHT for there in put):
            y += NAME_HEIGHT  # noqa: PLW2901 - down until it is free
        put.append((x, y))
        parts.append(_text(x + 8, y - 8, text, 13, halo=True))
    parts.append(_text(MARGIN, sheet.height + 34, "black: motorways and ring; colours: towns, with their cameras", 14))
    return parts


def _text(x: float, y: float, text: str, size: int, *, halo: bool = False) -> str:
    edge = ' stroke="#fdfdfb" stroke-width="3" paint-order="stroke"' if halo else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="#17202a"{edge}>{escape(text)}</text>'
