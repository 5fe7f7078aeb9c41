"""Who is on the road: trips by the window of event time in which each takes its next carriageway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import ceil

import numpy as np

from replay.rush.demand import Demand
from replay.rush.driving import Passed, Trips, move
from replay.rush.geography import Geography
from replay.rush.network import Network
from replay.rush.vehicles import Fleet
from replay.rush.windows import by_window

__all__ = ["HASTE", "OnRoad"]

HASTE = (0.85, 1.15)
FILLED_TRIPS = 100_000
SLOWEST, SLOWEST_MORE_S = 2.6, 300.0
"""Hardly a trip takes longer than so many times what it takes on free roads, and this."""


class OnRoad:
    """All trips under way."""

    def __init__(self, network: Network, geography: Geography, fleet: Fleet, demand: Demand, window_ms: int) -> None:
        self._network, self._geography, self._fleet, self._demand = network, geography, fleet, demand
        self._window_ms = window_ms
        self._trips: defaultdict[int, list[Trips]] = defaultdict(list)

    @property
    def count(self) -> int:
        """Trips."""
        return sum(len(part) for parts in self._trips.values() for part in parts)

    def fill(self, longest_s: float, rng: np.random.Generator) -> Iterator[Passed]:
        """Put those on their way who set out before the start, some at a time. Yields what they pass after it."""
        traffic, step_s = self._demand.factor(0.0), min(FILLED_TRIPS / self._demand.busiest_per_s, longest_s)
        for n in range(ceil(longest_s / step_s)):
            trips = self._begun(-(n + 1) * step_s, -n * step_s, rng)
            slowest_s = SLOWEST * self._network.free_s[trips.here, trips.goal] + SLOWEST_MORE_S
            trips = trips.take(trips.at_ms > -1000 * slowest_s)
            yield from self._drive(trips, 0, traffic, rng)

    def advance(self, window: int, rng: np.random.Generator) -> Iterator[Passed]:
        """Drive through a window; each is asked for once, in order. Yields what is passed, then or somewhat later."""
        from_s, until_s = window * self._window_ms / 1000, (window + 1) * self._window_ms / 1000
        trips = Trips.joined([*self._trips.pop(window, []), self._begun(from_s, until_s, rng)])
        yield from self._drive(trips, (window + 1) * self._window_ms, self._demand.factor(from_s), rng)

    def _drive(self, trips: Trips, until_ms: int, traffic: float, rng: np.random.Generator) -> Iterator[Passed]:
        while len(trips):
            trips, passed = move(trips, self._network, traffic, rng)
            yield passed
            now = trips.at_ms < until_ms
            later = trips.take(~now)
            for window, rows in by_window(later.at_ms, self._window_ms):
                self._trips[window].append(later.take(rows))
            trips = trips.take(now)

    def _begun(self, from_s: float, until_s: float, rng: np.random.Generator) -> Trips:
        """Trips that begin in this time, in the order of their numbers: so a vehicle's turns are a round apart."""
        numbers = self._demand.numbers(from_s, until_s)
        vehicle, rounds = self._fleet.turns(numbers)
        share = (np.arange(len(numbers)) + rng.random(len(numbers))) / max(len(numbers), 1)
        at_ms = (from_s * 1000 + share * (until_s - from_s) * 1000).astype(np.int64)
        haste = rng.uniform(*HASTE, len(numbers)).astype(np.float32)
        out = self._fleet.out(vehicle, rounds // 2)
        vehicle, rounds = vehicle[out], rounds[out]
        homes = self._geography.homes(vehicle, self._fleet.foreign(vehicle))
        goals = self._geography.goals(vehicle, rounds // 2, homes)
        there = rounds % 2 == 0
        return Trips(
            vehicle, np.where(there, homes, goals), np.where(there, goals, homes), at_ms[out], haste[out]
        )  # fmt: skip
