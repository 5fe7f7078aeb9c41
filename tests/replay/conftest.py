"""A small city at work, shared by the tests that only look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from replay.city import City, build_city
from replay.conditions import Conditions
from replay.fleet import Fleet, build_fleet
from replay.observation import Observation
from replay.traffic import Simulation
from tests.replay.rush.large import Ran, busy_brussels

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Run:
    """A simulation that has run, and what came out."""

    city: City
    fleet: Fleet
    simulation: Simulation
    observations: list[Observation]


def run(seed: int, *, seconds: float, rate_per_s: float, size: int = 3000, **conditions: float) -> Run:
    """Build everything from one seed and run it."""
    city, fleet = build_city(seed), build_fleet(seed, START, size)
    simulation = Simulation(city, fleet, seed, START, rate_per_s, conditions=Conditions(**conditions))
    return Run(city, fleet, simulation, list(simulation.events(START + timedelta(seconds=seconds))))


@pytest.fixture(scope="session")
def busy() -> Run:
    """Ten minutes at three trips a second: some thousands of reads."""
    return run(11, seconds=600, rate_per_s=3)


@pytest.fixture(scope="session")
def brussels() -> Ran:
    """Ten minutes of a large Brussels, with every scenario in them."""
    return busy_brussels()
