"""The city: cameras where they belong, roads that lead everywhere, the same from the same seed."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.brussels import ZONE_NAMES
from replay.city import build_city
from replay.geometry import distance_m
from replay.roads import RING, brussels_roads
from schemas.camera import Camera


def test_every_crossing_is_reached_from_every_other() -> None:
    roads = brussels_roads()
    assert 40 <= len(roads.crossings) <= 80
    for start, goal in permutations(roads.crossings, 2):
        here = start
        for road in roads.path(start, goal):
            here = road.other(here)
        assert here == goal


def test_roads_are_longer_than_the_straight_line_and_short_enough_for_a_city() -> None:
    roads = brussels_roads()
    for road in roads.roads:
        straight = distance_m(roads.crossings[road.a].position, roads.crossings[road.b].position)
        assert straight <= road.length_m < 16_000, road


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), cameras=st.integers(12, 300))
def test_cameras_are_valid_unique_and_spread_over_all_zones(seed: int, cameras: int) -> None:
    city = build_city(seed, cameras)
    ids = [camera.camera_id for camera in city.cameras]
    assert len(set(ids)) == len(ids) == cameras + 1
    for camera in city.cameras:
        assert Camera.model_validate_json(camera.model_dump_json()) == camera
    assert set(ZONE_NAMES) <= {camera.police_zone for camera in city.cameras}
    for site in city.sites:
        assert 0 < site.offset_m < site.road.length_m
        assert (site.camera.lez_zones == ()) == (site.road.road_class == "ring")


def test_cameras_share_the_zones_evenly_and_the_ring_gets_a_twelfth() -> None:
    zones = Counter(camera.camera_id.split("-")[1] for camera in build_city(1, 240).cameras)
    assert zones[RING.lower()] == 20
    per_zone = [zones[zone] for zone in ZONE_NAMES]
    assert max(per_zone) - min(per_zone) <= 1


def test_the_seed_decides() -> None:
    assert build_city(5).cameras == build_city(5).cameras
    assert build_city(5).cameras != build_city(6).cameras


def test_frame_cameras_are_as_many_as_asked() -> None:
    city = build_city(5, 24, frame_cameras=7)
    assert sum(not site.camera.reads_plates for site in city.sites) == 7


@pytest.mark.parametrize(("cameras", "frames"), [(1, 1), (2001, 1), (10, 11), (10, -1)])
def test_an_impossible_city_is_refused(cameras: int, frames: int) -> None:
    with pytest.raises(ValueError, match="a city has"):
        build_city(1, cameras, frame_cameras=frames)
