"""The register for load tests: valid, unique, the same from the same seed, of the shares that it claims."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from replay.register import FOREIGN_OF_100, KINDS, MOST_VEHICLES, TODAY, register, register_plates
from schemas.lez import Vehicle

COUNT = 4_000
MESSAGES = [message for chunk in register(COUNT) for message in chunk]
VEHICLES = [Vehicle.model_validate_json(value) for _, value in MESSAGES]


def test_every_message_is_valid_and_keyed_by_its_plate() -> None:
    assert [key for key, _ in MESSAGES] == [one.plate.encode() for one in VEHICLES]
    assert len({one.plate for one in VEHICLES}) == COUNT
    assert all(one.first_registered is not None and one.first_registered < TODAY for one in VEHICLES)


def test_the_same_seed_gives_the_same_vehicles_and_another_one_changes_them_not_their_plates() -> None:
    assert [message for chunk in register(COUNT) for message in chunk] == MESSAGES
    others = [message for chunk in register(COUNT, seed=2) for message in chunk]
    assert [key for key, _ in others] == [key for key, _ in MESSAGES]
    assert others != MESSAGES


def test_it_has_its_foreigners_its_other_holders_and_its_kinds() -> None:
    foreign = sum(one.country != "BE" for one in VEHICLES)
    assert foreign == COUNT * FOREIGN_OF_100 // 100
    assert 5 < sum(bool(one.others) for one in VEHICLES) < 60
    assert 0.01 < sum(one.registered_until is not None for one in VEHICLES) / COUNT < 0.03
    assert 0.6 < sum(one.registered_from is not None for one in VEHICLES) / COUNT < 0.8
    fuels = Counter(one.fuel for one in VEHICLES)
    assert abs(fuels["diesel"] / COUNT - sum(kind[0] for kind in KINDS if kind[4] == "diesel")) < 0.03


def test_shares_make_a_whole() -> None:
    assert abs(sum(kind[0] for kind in KINDS) - 1) < 1e-9


@given(st.sets(st.integers(0, MOST_VEHICLES - 1), min_size=2, max_size=50))
def test_different_vehicles_have_different_plates(numbers: set[int]) -> None:
    plates, countries = register_plates(np.array(sorted(numbers)))
    assert len(set(plates)) == len(numbers)
    assert len(countries) == len(numbers)
