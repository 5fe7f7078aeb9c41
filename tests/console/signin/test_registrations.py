"""The register as it was a second ago: asked little, ended at once, known for a while where the store is away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from console.signin.registrations import Registrations
from sinks.clickhouse.officers import FOREVER, Officer
from tests.pipeline.runtime.fakes import TurnedClock


class Store:
    """A register that counts how often it is asked."""

    def __init__(self, clock: TurnedClock) -> None:
        self.asked, self.away = 0, False
        self.held = [Officer("A. Peeters", "officer", "BRU-NORTH", clock.now() - timedelta(days=1), FOREVER)]

    def list(self) -> list[Officer]:
        self.asked += 1
        if self.away:
            raise OperationalError("away")
        return list(self.held)


@pytest.fixture
def clock() -> TurnedClock:
    """Three at night."""
    return TurnedClock()


@pytest.fixture
def store(clock: TurnedClock) -> Store:
    """One officer."""
    return Store(clock)


@pytest.fixture
def registrations(store: Store, clock: TurnedClock) -> Registrations:
    """Of that register."""
    return Registrations(store.list, clock.now, clock.monotonic)


def test_two_hundred_consoles_ask_once_a_second(registrations: Registrations, store: Store, clock: TurnedClock) -> None:
    for _ in range(5):
        assert all(registrations.zones("A. Peeters") == {"officer": "BRU-NORTH"} for _ in range(200))
        clock.sleep(1.1)
    assert store.asked == 5


def test_who_is_ended_is_out_within_a_second(registrations: Registrations, store: Store, clock: TurnedClock) -> None:
    assert registrations.zones("A. Peeters")
    store.held = [Officer("A. Peeters", "officer", "", clock.now() - timedelta(days=1), clock.now())]
    clock.sleep(1.1)
    assert registrations.zones("A. Peeters") == {}


def test_an_end_that_was_known_before_holds_to_the_moment(
    registrations: Registrations, store: Store, clock: TurnedClock
) -> None:
    store.held = [Officer("A. Peeters", "officer", "", clock.now(), clock.now() + timedelta(seconds=0.5))]
    assert registrations.zones("A. Peeters")
    clock.sleep(0.6)
    assert registrations.zones("A. Peeters") == {}


def test_who_was_just_registered_need_not_wait(registrations: Registrations, store: Store, clock: TurnedClock) -> None:
    assert registrations.zones("A. Peeters")
    store.held.append(Officer("B. Claes", "auditor", "", clock.now(), FOREVER))
    assert registrations.zones("B. Claes") == {"auditor": ""}


def test_while_the_store_is_away_who_was_known_stays_known_for_some_minutes(
    registrations: Registrations, store: Store, clock: TurnedClock
) -> None:
    assert registrations.zones("A. Peeters")
    store.away = True
    clock.sleep(200)
    assert registrations.zones("A. Peeters") == {"officer": "BRU-NORTH"}
    clock.sleep(200)
    with pytest.raises(ClickHouseError):
        registrations.zones("A. Peeters")
    with pytest.raises(ClickHouseError):
        registrations.zones("A. Peeters")
    store.away = False
    clock.sleep(1.1)
    assert registrations.zones("A. Peeters"), "it is back"
