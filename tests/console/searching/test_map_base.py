"""The ground of the map agrees with the simulated city."""

from __future__ import annotations

import json
from collections import Counter

from pipeline.geo import Point, crosses_itself, inside
from tests.console.searching.map_base import FILE, text


def test_the_file_is_what_the_city_draws() -> None:
    assert FILE.read_text("utf-8") == text(), "run `python -m tests.console.searching.map_base`"


def test_the_region_is_an_area_with_its_places_inside() -> None:
    features = json.loads(FILE.read_text("utf-8"))["features"]
    kinds = Counter(one["properties"]["kind"] for one in features)
    assert (kinds["region"], kinds["canal"]) == (1, 1)
    assert min(kinds["ring"], kinds["road"], kinds["place"]) >= 10
    region = [Point(lat, lon) for lon, lat in features[0]["geometry"]["coordinates"][0][:-1]]
    assert not crosses_itself(region)
    for one in features:
        if one["properties"]["kind"] == "place":
            lon, lat = one["geometry"]["coordinates"]
            assert inside(Point(lat, lon), region), one["properties"]["name"]
