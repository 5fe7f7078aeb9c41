"""The fleet: who is registered, who is wanted, what they drive."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.fleet import build_fleet
from schemas.hotlist import HotlistEntry
from schemas.lez import LezPass, Vehicle
from tests.replay.conftest import START


def test_all_belgians_and_few_dutch_are_registered() -> None:
    fleet = build_fleet(3, START)
    known = {vehicle.plate for vehicle in fleet.vehicles}
    by_country = {c: [car.plate.text for car in fleet.cars if car.plate.country == c] for c in ("BE", "NL", "FR")}
    assert set(by_country["BE"]) <= known
    assert 0 < len(known.intersection(by_country["NL"])) < len(by_country["NL"]) / 2
    assert not known.intersection(by_country["FR"])


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_reference_data_is_valid_and_plates_are_unique(seed: int) -> None:
    fleet = build_fleet(seed, START, 300)
    for item, model in [*((v, Vehicle) for v in fleet.vehicles), *((e, HotlistEntry) for e in fleet.hotlist)]:
        assert model.model_validate_json(item.model_dump_json()) == item
    assert all(LezPass.model_validate_json(p.model_dump_json()) == p for p in fleet.lez_passes)
    assert len({car.plate.text for car in fleet.cars}) == 300
    assert build_fleet(seed, START, 300) == fleet


def test_the_hotlist_names_the_wanted_cars_and_nobody_else_here() -> None:
    fleet = build_fleet(3, START, 500, wanted=4)
    listed = [entry.plate for entry in fleet.hotlist]
    assert listed[:4] == [car.plate.text for car in fleet.wanted]
    assert len(listed) == 504
    assert not {car.plate.text for car in fleet.cars}.intersection(listed[4:])
    assert all(entry.valid_from < START for entry in fleet.hotlist)


def test_vehicles_are_no_newer_than_today_and_euro_fits_the_year() -> None:
    fleet = build_fleet(3, START)
    for vehicle in fleet.vehicles:
        assert vehicle.first_registered is not None
        assert vehicle.first_registered < START.date()
        assert (vehicle.euro is None) == (vehicle.fuel == "electric")
    new = [v for v in fleet.vehicles if v.euro is not None and v.first_registered.year >= 2022]  # type: ignore[union-attr]
    assert new
    assert {(v.euro, v.euro_suffix) for v in new} == {(6, "d")}


@pytest.mark.parametrize("size", [0, 3, 10])
def test_too_small_a_fleet_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="a fleet has"):
        build_fleet(1, START, size)


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        build_fleet(1, datetime(2026, 1, 1) + timedelta(0))  # noqa: DTZ001 - the point
