"""Vehicles on their way: from crossing to crossing, each carriageway in its own time, as fast as the road allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replay.history.texts import Indices
from replay.rush.network import Network

__all__ = ["FASTEST", "Passed", "Trips", "move"]

FASTEST = 1.2
"""Nobody drives faster than so many times the usual speed of a road."""
DELAY_S = 7.0
"""Mean wait at a crossing; none on motorways and the ring."""
CONGESTION = (1.12, 0.22, 0.55)
"""Usual share of the free speed: the first less the second times the traffic in means of the week, not below the
third."""


@dataclass(frozen=True, slots=True)
class Trips:
    """Vehicles at the crossings where they take the next road."""

    vehicle: Indices
    here: Indices
    goal: Indices
    at_ms: Indices
    """After the start."""
    haste: NDArray[np.float32]
    """How fast the driver is, of the usual."""

    def __len__(self) -> int:
        return len(self.vehicle)

    def take(self, rows: NDArray[np.bool_] | Indices) -> Trips:
        """These, in their order."""
        return Trips(self.vehicle[rows], self.here[rows], self.goal[rows], self.at_ms[rows], self.haste[rows])

    @staticmethod
    def joined(parts: list[Trips]) -> Trips:
        """All of them."""
        names = Trips.__slots__
        return Trips(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True, slots=True)
class Passed:
    """Vehicles at places that are watched, in no order."""

    vehicle: Indices
    place: NDArray[np.int32]
    """Of `Watched`; or, beyond those, crossings at which a patrol car reads."""
    at_ms: Indices

    def __len__(self) -> int:
        return len(self.vehicle)

    def take(self, rows: NDArray[np.bool_] | Indices) -> Passed:
        """These, in their order."""
        return Passed(self.vehicle[rows], self.place[rows], self.at_ms[rows])

    @staticmethod
    def joined(parts: list[Passed]) -> Passed:
        """All of them."""
        return Passed(*(np.concatenate([getattr(part, name) for part in parts]) for name in Passed.__slots__))


def move(trips: Trips, network: Network, traffic: float, rng: np.random.Generator) -> tuple[Trips, Passed]:
    """Each trip along its next carriageway: where it is then, without those that have arrived, and what it passed.

    traffic: of the moment, in means of the week. What was passed before moment 0 nobody has seen.
    """
    edge = network.following[trips.here, trips.goal].astype(np.int64)
    usual = max(CONGESTION[2], min(1.0, CONGESTION[0] - CONGESTION[1] * traffic))
    factor = trips.haste * rng.uniform(0.6, 1.1, len(edge))
    factor *= np.where(network.motorway[edge], 0.5 + 0.5 * usual, usual)
    took_ms = network.length_m[edge] / (network.speed_ms[edge] * np.minimum(factor, FASTEST)) * 1000
    delay_ms = np.where(network.motorway[edge], 0.0, rng.exponential(DELAY_S * 1000, len(edge)))
    seen = trips.at_ms + took_ms >= 0
    passed = _passed(trips.take(seen), edge[seen], took_ms[seen], network)
    here = network.head[edge]
    driving = here != trips.goal
    there = Trips(trips.vehicle, here, trips.goal, trips.at_ms + (took_ms + delay_ms).astype(np.int64) + 1, trips.haste)
    return there.take(driving), passed


def _passed(trips: Trips, edge: Indices, took_ms: NDArray[np.float64], network: Network) -> Passed:
    watched = network.watched
    first, count = watched.first[edge], watched.first[edge + 1] - watched.first[edge]
    trip = np.repeat(np.arange(len(edge)), count)
    place = np.arange(len(trip)) + np.repeat(first - (np.cumsum(count) - count), count)
    at_ms = trips.at_ms[trip] + (took_ms[trip] * watched.share[place]).astype(np.int64)
    passed = Passed(trips.vehicle[trip], place.astype(np.int32), at_ms)
    return passed if not len(at_ms) or at_ms.min() >= 0 else passed.take(at_ms >= 0)
