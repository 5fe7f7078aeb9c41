"""Areas as people give them: what they hold, and what is said when they are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sinks.clickhouse.investigation.areas import parse_area
from sinks.clickhouse.queries.cameras import Registered
from sinks.clickhouse.refusal import SearchRefused


def _camera(name: str, lat: float | None, lon: float | None, zone: str = "5339") -> Registered:
    return Registered(name, f"Name of {name}", "fixed", zone, "", lat, lon)


CAMERAS = [
    _camera("centre", 50.85, 4.35),
    _camera("south", 50.80, 4.35, "5342"),
    _camera("antwerp", 51.22, 4.40, "5345"),
    _camera("patrol", None, None),
]
AROUND_CENTRE = [[4.3, 50.84], [4.4, 50.84], [4.4, 50.86], [4.3, 50.86], [4.3, 50.84]]
POLYGON = {"type": "Polygon", "coordinates": [AROUND_CENTRE]}


@pytest.mark.parametrize(
    ("text", "cameras"),
    [
        ("camera:centre", ("centre",)),
        ("camera:south, patrol", ("patrol", "south")),
        ("zone:5339", ("centre", "patrol")),
        ("near:50.85,4.35,100", ("centre",)),
        ("near:50.85,4.35,6000", ("centre", "south")),
        ("polygon:50.84,4.3 50.84,4.4 50.86,4.4 50.86,4.3", ("centre",)),
        ("polygon:50.7,4.3 50.7,4.4 50.9,4.4", ("south",)),
        (json.dumps(POLYGON), ("centre",)),
        (json.dumps({"type": "Feature", "properties": {}, "geometry": POLYGON}), ("centre",)),
        (
            json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": POLYGON}]}),
            ("centre",),
        ),
    ],
)
def test_cameras_in_an_area(text: str, cameras: tuple[str, ...]) -> None:
    assert parse_area(text).cameras(CAMERAS) == cameras


def test_a_geojson_file(tmp_path: Path) -> None:
    file = tmp_path / "area.geojson"
    file.write_text(json.dumps(POLYGON))
    assert parse_area(str(file)).cameras(CAMERAS) == ("centre",)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "area_unknown", "write camera:ID"),
        ("centre", "area_unknown", "write camera:ID"),
        ("camera:", "area_unknown", "write camera:ID"),
        ("near:50.85,4.35", "area_unknown", "write camera:ID"),
        ("near:50.85,4.35,0", "radius_wrong", "1 to 100,000 m"),
        ("near:50.85,4.35,nan", "radius_wrong", "1 to 100,000 m"),
        ("near:150.85,4.35,100", "place_wrong", "no place on earth"),
        ("polygon:50.84,4.3 50.84", "polygon_corners", "LAT,LON LAT,LON"),
        ("polygon:a,b c,d e,f", "polygon_corners", "LAT,LON LAT,LON"),
        ("polygon:50.84,4.3 50.84,4.4", "polygon_corners", "needs three corners, this has 2"),
        ("polygon:50.84,4.3 50.84,4.4 50.84,4.3", "polygon_corners", "needs three corners, this has 2"),
        ("polygon:50.84,4.3 50.86,4.4 50.84,4.4 50.86,4.3", "polygon_crossed", "crosses itself"),
        ("polygon:50.8,4.3 50.8,4.4 50.8,4.5", "polygon_crossed", "crosses itself"),
        ("polygon:" + " ".join(f"{50 + n / 2000},{4 + n * n / 1e7}" for n in range(1001)), "polygon_corners", "1001"),
        ('{"type": "Point", "coordinates": [4.3, 50.8]}', "polygon_none", "no polygon"),
        ('{"type": "Polygon", "coordinates": []}', "polygon_none", "no polygon"),
        ('{"type": "Polygon", ', "polygon_none", "no polygon"),
        ("nowhere.geojson", "area_unknown", "can not be read"),
    ],
)
def test_what_is_no_area_is_refused_with_how_to_write_one(text: str, code: str, words: str) -> None:
    with pytest.raises(SearchRefused, match=words) as refused:
        parse_area(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "polygon:4.3,50.84 4.4,50.84 4.4,50.86 4.3,50.86",
        "near:4.35,50.85,5000",
        json.dumps({"type": "Polygon", "coordinates": [[corner[::-1] for corner in AROUND_CENTRE]]}),
    ],
)
def test_swapped_coordinates_are_said_to_be(text: str) -> None:
    with pytest.raises(SearchRefused, match="look swapped") as refused:
        parse_area(text).cameras(CAMERAS)
    assert refused.value.code == "area_swapped"


@pytest.mark.parametrize("text", ["near:50.99,4.35,100", "zone:none", "near:-33,151,1000"])
def test_an_area_without_cameras_is_refused(text: str) -> None:
    with pytest.raises(SearchRefused, match=r"no registered camera in .*: widen it") as refused:
        parse_area(text).cameras(CAMERAS)
    assert refused.value.code == "area_empty"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("camera:antwrep", "no camera antwrep is registered; did you mean antwerp"),
        ("camera:centre,antwrep", "no camera antwrep is registered"),
        ("camera:xyz", "zone: and near: find cameras without their names"),
    ],
)
def test_a_camera_that_nobody_knows_is_named_and_never_left_out(text: str, words: str) -> None:
    with pytest.raises(SearchRefused, match=words) as refused:
        parse_area(text).cameras(CAMERAS)
    assert refused.value.code == "camera_unknown"
