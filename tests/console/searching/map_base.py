"""Draws `console/map/brussels.geojson`: `python -m tests.console.searching.map_base` after a change of the city.

Roads are those of the simulated city, so that map and simulation agree. Outline and canal were entered by hand from
general knowledge of the city, good to some 200 m: a schematic ground, not a survey.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from replay.brussels import CROSSINGS, ROADS

FILE = Path(__file__).parents[3] / "console" / "map" / "brussels.geojson"
MAIN = {"motorway": "road", "ring": "ring", "tunnel": "road", "main": "road"}
"""Class of a road → what it is on the map; streets are left out."""
PLACES = ("brouckere", "heysel", "basilique", "erasme", "forest", "fort-jaco", "delta", "stockel", "bordet", "midi")

REGION = """
50.9135 4.3850  50.9120 4.4130  50.9060 4.4370  50.8930 4.4300  50.8790 4.4370  50.8680 4.4330  50.8600 4.4450
50.8560 4.4560  50.8440 4.4790  50.8260 4.4760  50.8130 4.4560  50.8020 4.4600  50.7900 4.4420  50.7790 4.4350
50.7640 4.4100  50.7650 4.3830  50.7760 4.3640  50.7730 4.3420  50.7860 4.3260  50.7990 4.3080  50.7960 4.2990
50.8090 4.2810  50.8100 4.2560  50.8260 4.2470  50.8330 4.2610  50.8450 4.2690  50.8590 4.2780  50.8700 4.2730
50.8760 4.2850  50.8830 4.2980  50.8960 4.3050  50.8960 4.3180  50.9045 4.3260  50.9030 4.3470  50.9010 4.3650
"""
"""Outline of the region, latitude and longitude, clockwise from the north."""

CANAL = """
50.8000 4.2590  50.8130 4.2790  50.8190 4.2930  50.8290 4.3120  50.8395 4.3250  50.8455 4.3370  50.8500 4.3395
50.8560 4.3450  50.8600 4.3500  50.8690 4.3560  50.8800 4.3660  50.8900 4.3830  50.9020 4.4080  50.9150 4.4240
"""
"""From Anderlecht to Vilvoorde."""


def base() -> dict[str, Any]:
    """The ground as GeoJSON (RFC 7946, longitude first)."""
    ring = list(_points(REGION))
    features = [
        _feature("region", "Brussels", {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}),
        _feature("canal", "Canal", {"type": "LineString", "coordinates": list(_points(CANAL))}),
        *_roads(),
        *_places(),
    ]
    return {"type": "FeatureCollection", "features": features}


def _points(text: str) -> Iterator[list[float]]:
    numbers = [float(word) for word in text.split()]
    return ([lon, lat] for lat, lon in zip(numbers[::2], numbers[1::2], strict=True))


def _crossings() -> dict[str, tuple[list[float], str]]:
    lines = (line.split(None, 4) for line in CROSSINGS.strip().splitlines())
    return {name: ([float(lon), float(lat)], people) for name, _zone, lat, lon, people in lines}


def _roads() -> Iterator[dict[str, Any]]:
    places = _crossings()
    for line in ROADS.strip().splitlines():
        start, end, road_class, name = line.split(None, 3)
        if road_class in MAIN:
            ends = [places[start][0], places[end][0]]
            yield _feature(MAIN[road_class], name, {"type": "LineString", "coordinates": ends})


def _places() -> Iterator[dict[str, Any]]:
    places = _crossings()
    return (_feature("place", places[one][1], {"type": "Point", "coordinates": places[one][0]}) for one in PLACES)


def _feature(kind: str, name: str, geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"kind": kind, "name": name}, "geometry": geometry}


def text() -> str:
    """The file: a feature a line."""
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in base()["features"])
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
