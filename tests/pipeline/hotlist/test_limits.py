"""Where and when an entry matches."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hotlist.limits import BELGIUM, applies
from schemas.base import GeoPoint
from schemas.codec import compiled
from schemas.hotlist import Circle, Hours
from tests.pipeline.builders import at, camera, entry, passage

HoursRecord, CircleRecord, PointRecord = compiled(Hours), compiled(Circle), compiled(GeoPoint)
GRAND_PLACE = PointRecord(lat=50.8467, lon=4.3525)


@pytest.mark.parametrize(("seconds", "valid"), [(-1, False), (0, True), (59, True), (60, False), (61, False)])
def test_validity_is_exact_to_the_second(seconds: int, valid: bool) -> None:
    wanted = entry(valid_from=at(0), valid_until=at(60))
    assert applies(wanted, passage(seconds=seconds), camera()) is valid


def test_an_entry_without_end_holds_until_removed() -> None:
    assert applies(entry(), passage(seconds=10**9), camera())


def test_an_area_is_zones_and_cameras_and_circle_together() -> None:
    wanted = entry(zones=("5339",), cameras=("cam-7",), circle=CircleRecord(center=GRAND_PLACE, radius_m=1000))
    near, far = PointRecord(lat=50.85, lon=4.3525), PointRecord(lat=50.95, lon=4.3525)
    assert applies(wanted, passage(), camera(police_zone="5339"))
    assert applies(wanted, passage(camera_id="cam-7"), camera("cam-7", position=far))
    assert applies(wanted, passage(), camera(position=near))
    assert not applies(wanted, passage(), camera(position=far, police_zone="5340"))


def test_a_moving_camera_is_where_it_was_at_the_passage() -> None:
    wanted = entry(circle=CircleRecord(center=GRAND_PLACE, radius_m=1000))
    assert applies(wanted, passage(position=GRAND_PLACE), camera(position=None))
    assert not applies(wanted, passage(), camera(position=None)), "nobody knows where it was"


def test_of_a_camera_that_nobody_knows_only_entries_without_area_match() -> None:
    assert applies(entry(), passage(), None)
    assert applies(entry(cameras=("cam-1",)), passage(), None), "it is named"
    assert not applies(entry(zones=("5339",)), passage(), None)


@pytest.mark.parametrize(
    ("local", "inside"),
    [
        ("2026-03-06T21:59:59", False),  # Friday
        ("2026-03-06T22:00:00", True),
        ("2026-03-07T05:59:59", True),
        ("2026-03-07T06:00:00", False),
        ("2026-03-07T22:00:00", False),  # Saturday: begins on Fridays only
        ("2026-03-06T03:00:00", False),  # the night that began on Thursday
    ],
)
def test_hours_are_of_the_clock_in_belgium_and_of_the_day_on_which_they_begin(local: str, inside: bool) -> None:
    wanted = entry(hours=(HoursRecord(weekdays=(5,), begins="22:00", ends="06:00"),))
    moment = datetime.fromisoformat(local).replace(tzinfo=BELGIUM)
    assert applies(wanted, passage(captured_at=moment), camera()) is inside


@given(st.integers(0, 23), st.integers(0, 23), st.integers(0, 7 * 24 * 60 - 1))
def test_hours_and_the_hours_between_cover_each_minute_once(begin: int, end: int, minute: int) -> None:
    moment = datetime(2026, 4, 6, tzinfo=BELGIUM) + timedelta(minutes=minute)
    one = HoursRecord(begins=f"{begin:02d}:00", ends=f"{end:02d}:00")
    other = HoursRecord(begins=f"{end:02d}:00", ends=f"{begin:02d}:00")
    found = [applies(entry(hours=(hours,)), passage(captured_at=moment), camera()) for hours in (one, other)]
    assert found == [True, True] if begin == end else sum(found) == 1
