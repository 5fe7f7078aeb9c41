"""Patrols on duty: they send where they are, and those that carry a camera read what is parked at each crossing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from replay.city import City
from replay.desk import Desk
from replay.history.texts import Indices
from replay.patrols import PARKED_READS, Patrol
from replay.rush.demand import Demand
from replay.rush.driving import Passed
from replay.rush.geography import Geography
from replay.rush.network import Network
from replay.rush.plan import TrafficPlan
from replay.rush.vehicles import Fleet
from schemas.base import GeoPoint
from schemas.camera import PatrolPosition

__all__ = ["Homes", "Patrols"]

LOOKED_THROUGH = 4000
"""Vehicles that are looked through for some that stand at a crossing: in a country, few live at each."""


class Homes:
    """Which vehicles are parked at home."""

    def __init__(self, fleet: Fleet, geography: Geography, demand: Demand, longest_s: float) -> None:
        self._fleet, self._geography, self._demand, self._longest_s = fleet, geography, demand, longest_s

    def standing(self, crossing: int, at_s: float, rng: np.random.Generator) -> Indices:
        """A few that stand there."""
        fleet, now = self._fleet, int(self._demand.begun(at_s))
        margin = int(self._longest_s * self._demand.busiest_per_s) + 512
        if fleet.count <= 2 * margin:
            return np.zeros(0, np.int64)
        # Who let its last turn pass is at home until the next, which is as long away as the longest trip takes.
        numbers = now - rng.integers(margin, fleet.count - margin, LOOKED_THROUGH)
        vehicles, rounds = fleet.turns(np.unique(numbers))
        resting = ~fleet.out(vehicles, rounds // 2)
        vehicles, rounds = vehicles[resting], rounds[resting]
        homes = self._geography.homes(vehicles, fleet.foreign(vehicles))
        here: Indices = vehicles[homes == crossing]
        return np.sort(rng.permutation(here)[:PARKED_READS])


class Patrols:
    """All patrols of a city, on one agenda."""

    def __init__(self, plan: TrafficPlan, city: City, network: Network, homes: Homes) -> None:
        conditions = plan.conditions
        self._desk = Desk(plan.seed, plan.start, conditions)
        self._homes, self._network = homes, network
        self._seen: list[tuple[int, int, Indices, int]] = []
        self.positions: list[PatrolPosition] = []
        cars = city.patrol_cars
        first = len(city.cameras) - len(cars)
        beat = replace(city, sites=(), spots=())
        for number in range(max(conditions.patrols, len(cars))):
            camera = _Camera(self, first + number, plan.seed) if number < len(cars) else None
            Patrol(number, beat, self._desk, camera).begin(0.0)

    def until(self, at_s: float) -> tuple[Passed, Indices]:
        """What their cameras have read since the last call, and the camera of each."""
        agenda, desk = self._desk.agenda, self._desk
        while agenda.next_s() < at_s:
            agenda.run_next()
        self.positions += [one.item for one in desk.ready if isinstance(one.item, PatrolPosition)]
        desk.ready.clear()
        seen, self._seen = self._seen, []
        vehicle = np.concatenate([np.zeros(0, np.int64), *(rows for _, _, rows, _ in seen)])
        counts = [len(rows) for _, _, rows, _ in seen]
        place = len(self._network.watched.share) + np.repeat(np.array([s[1] for s in seen], np.int64), counts)
        at_ms = np.repeat(np.array([s[3] for s in seen], np.int64), counts)
        camera = np.repeat(np.array([s[0] for s in seen], np.int64), counts)
        return Passed(vehicle, place.astype(np.int32), at_ms), camera

    def note(self, camera: int, crossing: str, now_s: float, rng: np.random.Generator) -> None:
        """A car with a camera is at a crossing."""
        number = self._network.number[crossing]
        vehicles = self._homes.standing(number, now_s, rng)
        if len(vehicles):
            self._seen.append((camera, number, vehicles, round(now_s * 1000)))


class _Camera:
    def __init__(self, patrols: Patrols, camera: int, seed: int) -> None:
        self._patrols, self._camera = patrols, camera
        self._rng = np.random.default_rng([seed, 7, camera])

    def arrive(self, crossing: str, position: GeoPoint, now_s: float) -> None:  # noqa: ARG002 - the place is known
        self._patrols.note(self._camera, crossing, now_s, self._rng)
