"""A country's roads lead everywhere, and its cameras hang where they belong."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.brussels import ZONE_NAMES
from replay.city import zone_of
from replay.country import belgium
from replay.geometry import distance_m
from replay.placing import build_large_city
from replay.roads import FEDERAL, RING, brussels_roads
from schemas.camera import Camera


def test_every_crossing_of_the_country_is_reached() -> None:
    country = belgium()
    for goal in ("rogier", "antwerp:centrum", "sterpenich"):
        assert len(country.roads.first_roads(goal)) == len(country.roads.crossings) - 1
    assert len(country.towns) >= 20
    assert {town.lez for town in country.towns} == {None, "brussels", "antwerp", "ghent"}
    assert set(country.borders) <= set(country.roads.crossings)


def test_brussels_is_the_same_in_the_country() -> None:
    roads = brussels_roads()
    assert belgium().roads.roads[: len(roads.roads)] == roads.roads


def test_roads_are_longer_than_the_straight_line_and_no_longer_than_motorways_are() -> None:
    roads = belgium().roads
    for road in roads.roads:
        straight = distance_m(roads.crossings[road.a].position, roads.crossings[road.b].position)
        assert straight <= road.length_m < 55_000, road


def test_ways_take_about_as_long_as_they_do() -> None:
    """Free roads, minutes: Brussels–Antwerp, Brussels–Liège, Ostend–Arlon."""
    roads = belgium().roads
    for a, b, least, most in (
        ("rogier", "antwerp:centrum", 30, 60), ("rogier", "liege:saint-lambert", 50, 90),
        ("ostend:station", "arlon:gare", 150, 240),
    ):  # fmt: skip
        assert least < sum(road.duration_s for road in roads.path(a, b)) / 60 < most, (a, b)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), cameras=st.integers(24, 2000))
def test_cameras_are_as_many_as_asked_valid_and_different(seed: int, cameras: int) -> None:
    city = build_large_city(seed, cameras)
    assert len({camera.camera_id for camera in city.cameras}) == len(city.cameras) == cameras
    for camera in city.cameras[:: max(1, cameras // 20)]:
        assert Camera.model_validate_json(camera.model_dump_json()) == camera
    assert all(0 < site.offset_m < site.road.length_m for site in city.sites)
    kinds = Counter(camera.kind for camera in city.cameras)
    assert kinds["patrol_car"] >= 1
    assert kinds["fixed"] > 0.9 * cameras


def test_brussels_has_cameras_in_all_zones_on_the_ring_in_tunnels_and_along_the_canal() -> None:
    city = build_large_city(1, 450)
    zones = Counter(zone_of(city.roads, site.road) for site in city.sites)
    assert set(zones) == {*ZONE_NAMES, RING}
    assert zones[RING] == pytest.approx(42, abs=4)
    assert min(zones[zone] for zone in ZONE_NAMES) > 50
    assert Counter(site.road.road_class for site in city.sites)["tunnel"] > 30
    assert sum(site.road.label.startswith("Canal") for site in city.sites) > 15
    access = [s for s in city.sites if s.road.road_class in ("main", "street")
              and RING in {city.roads.crossings[s.road.a].zone, city.roads.crossings[s.road.b].zone}]  # fmt: skip
    assert len(access) > 60
    assert all((site.camera.lez_zones == ()) == (zone_of(city.roads, site.road) == RING) for site in city.sites)
    assert len(city.mobile) == 18
    assert len(city.patrol_cars) == 9


@pytest.mark.parametrize(("cameras", "most_m"), [(5000, 7000)])
def test_motorways_have_a_gantry_every_few_kilometres_for_both_ways(cameras: int, most_m: float) -> None:
    city = build_large_city(1, cameras)
    per_road = Counter(site.road.number for site in city.sites if site.road.road_class == "motorway")
    length_m = sum(road.length_m for road in city.roads.roads if road.road_class == "motorway")
    gantries = sum(per_road.values()) / 2
    assert 1500 < length_m / gantries < most_m
    ways: dict[int, Counter[str]] = defaultdict(Counter)
    for site in city.sites:
        if site.road.road_class == "motorway":
            assert site.only is not None
            ways[site.road.number][site.only] += 1
    assert all(abs(one["ab"] - one["ba"]) <= 1 for one in ways.values())
    assert Counter(c.police_zone for c in city.cameras)[FEDERAL] == pytest.approx(0.13 * cameras, rel=0.15)


@pytest.mark.parametrize("cameras", [23, 20_001])
def test_another_number_of_cameras_is_refused(cameras: int) -> None:
    with pytest.raises(ValueError, match="24 to 20,000"):
        build_large_city(1, cameras)
