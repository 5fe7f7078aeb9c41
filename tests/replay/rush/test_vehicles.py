"""The fleet by number: turns, plates that the register knows, kinds as it tells them."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
import pytest

from replay.plates import Plate
from replay.register import register, register_plates
from replay.rush.vehicles import CLASS_NAMES, SHUFFLED, Fleet, register_number

FLEET = Fleet(20 * SHUFFLED, seed=3, listed_share=0.01)


def test_each_vehicle_has_one_turn_a_round_and_a_round_apart() -> None:
    numbers = np.arange(-FLEET.count, 2 * FLEET.count)
    vehicles, rounds = FLEET.turns(numbers)
    for number in (-1, 0, 1):
        assert len(np.unique(vehicles[rounds == number])) == FLEET.count
    turns = np.stack([np.argsort(vehicles[rounds == number]) for number in (0, 1)])
    assert np.abs(np.diff(turns, axis=0)).max() < 2 * SHUFFLED


def test_plates_are_those_of_the_register() -> None:
    vehicles = np.arange(FLEET.count)
    numbers = register_number(vehicles)
    known = (numbers >= 0) & (numbers < FLEET.registered)
    plates = FLEET.plates(vehicles[known])
    told, countries = register_plates(numbers[known])
    assert plates.compact.strings() == told
    assert [plates.country.names[code] for code in plates.country.codes] == countries
    belgian = ~FLEET.foreign(vehicles)
    assert known[belgian].mean() == pytest.approx(0.99, abs=0.002)
    assert 0 < known[~belgian].mean() < 0.1


def test_kinds_are_those_of_the_register() -> None:
    categories = {
        one["plate"]: one["category"]
        for block in register(FLEET.registered)
        for one in (msgspec.json.decode(value) for _, value in block)
    }
    vehicles = np.flatnonzero(~FLEET.foreign(np.arange(FLEET.count)))
    plates = FLEET.plates(vehicles).compact.strings()
    kinds = [CLASS_NAMES[code] for code in FLEET.classes(vehicles)]
    pairs = Counter((categories[p], kind) for p, kind in zip(plates, kinds, strict=True) if p in categories)
    assert {category: kind for category, kind in pairs} == {  # noqa: C416 - each category is one kind
        "M1": "car", "N1": "van", "N2": "truck", "N3": "truck", "M3": "bus", "T": "other", "L1": "moped",
        "L3": "motorcycle",
    }  # fmt: skip
    assert len(pairs) == 8


def test_listed_ones_are_about_as_many_as_asked() -> None:
    assert FLEET.listed(np.arange(FLEET.count)).mean() == pytest.approx(0.01, abs=0.002)


def test_planted_cars_have_their_own_plates_and_never_those_of_the_fleet() -> None:
    fleet = Fleet(SHUFFLED, 1, 0.5)
    number = fleet.plant(Plate("1-ABC-234", "BE", "BE_STD"), listed=True)
    rows = np.array([number, 0])
    plates = fleet.plates(rows)
    assert plates.compact.strings()[0] == "1ABC234"
    assert plates.display.strings()[0].rstrip("\0") == "1-ABC-234"
    assert fleet.listed(rows).tolist()[0] is True
    assert CLASS_NAMES[fleet.classes(rows)[0]] == "car"


@pytest.mark.parametrize("count", [100, 0, SHUFFLED + 1, 20_000_256])
def test_a_fleet_of_another_size_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="multiple of 256"):
        Fleet(count, 1, 0)
