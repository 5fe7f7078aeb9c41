"""How many trips and vehicles so many reads a second are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replay.conditions import Conditions
from replay.register import MOST_VEHICLES
from replay.rush.driving import Trips, move
from replay.rush.geography import Geography
from replay.rush.network import Network
from replay.rush.vehicles import MEAN_ACTIVITY, SHUFFLED
from replay.smart import MAX_READS

__all__ = ["Sample", "fleet_size", "reads_of_passage", "sampled"]

SAMPLE = 30_000
TRIPS_A_DAY = 2.6
TURNS_TO_SPARE = 2048


@dataclass(frozen=True, slots=True)
class Sample:
    """What some trips are like."""

    passages: float
    """Of cameras, on a mean trip."""
    longest_s: float
    """No trip takes longer, but for one in many thousands."""


def sampled(network: Network, geography: Geography, foreign: NDArray[np.bool_], seed: int, standing: float) -> Sample:
    """Drive some trips. foreign: of vehicles from 0 on. standing: share of spots at which a mobile camera stands."""
    vehicle = np.arange(len(foreign))
    homes = geography.homes(vehicle, foreign)
    outing = np.zeros(len(vehicle), np.int64)
    rng = np.random.default_rng([seed, 8])
    goals = geography.goals(vehicle, outing, homes)
    trips = Trips(vehicle, homes, goals, outing, rng.uniform(0.85, 1.15, len(vehicle)).astype(np.float32))
    passages, longest_ms = 0.0, 0
    while len(trips):
        trips, passed = move(trips, network, 2.0, rng)
        fixed = network.watched.camera[passed.place] >= 0
        passages += float(np.where(fixed, 1.0, standing).sum())
        longest_ms = max(longest_ms, int(trips.at_ms.max(initial=0)))
    return Sample(passages / len(vehicle), longest_ms / 1000 * 1.3)


def reads_of_passage(conditions: Conditions) -> float:
    """Messages for a passage, on average."""
    repeated = sum(conditions.repeat_rate**n for n in range(MAX_READS))
    return (1 - conditions.missed_rate) * repeated * (1 + conditions.duplicate_rate)


def fleet_size(trips_per_s: float, busiest_per_s: float, longest_s: float, wanted: int) -> int:
    """Vehicles; `wanted`: at least so many, 0: the usual number. Nobody sets out while still on the way.

    Raises ValueError if there are not so many plates.
    """
    least = int(busiest_per_s / MEAN_ACTIVITY * longest_s) + TURNS_TO_SPARE
    size = max(wanted or int(trips_per_s * 86_400 / TRIPS_A_DAY), least)
    if least > MOST_VEHICLES:
        raise ValueError(
            "so many reads a second need more vehicles than there are plates: ask for less, or more cameras"
        )
    return min(-(-size // SHUFFLED) * SHUFFLED, MOST_VEHICLES // SHUFFLED * SHUFFLED)
