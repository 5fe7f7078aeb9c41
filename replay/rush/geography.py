"""Where people live and where they go, as numbers of crossings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from replay.country import Country
from replay.geometry import distance_m
from replay.history.texts import Indices
from replay.rush.chance import share_of
from replay.rush.network import Network

__all__ = ["Geography"]

GATE_HOMES = {True: 0.45, False: 0.03}
"""Whether it is one town → share of vehicles that come from outside: commuters to Brussels; transit through Belgium."""
AT_WORK = 0.55
"""Share of outings that go to where the vehicle always goes."""
AT_HOME = 0.75
"""Share of goals in the town of the vehicle's home."""
REACH_M = 25_000.0
"""A town so far away draws half as many as one next door."""
HOME_TOWN, HOME_PLACE, FROM_OUTSIDE, FIXED_GOAL, GOAL_TOWN, GOAL_LEAVES, GOAL_PLACE = range(10, 17)


class Geography:
    """Homes and goals follow from the number of the vehicle and of its outing."""

    def __init__(self, country: Country, network: Network, seed: int) -> None:
        self._seed = seed
        self._alone = len(country.towns) == 1
        self._gates = np.array([network.number[name] for name in country.borders], np.int64)
        self._places = np.concatenate([[network.number[n] for n in town.crossings] for town in country.towns])
        sizes = np.array([len(town.crossings) for town in country.towns])
        self._sizes, self._firsts = sizes, np.cumsum(sizes) - sizes
        people = np.array([town.thousands for town in country.towns], float)
        self._people = np.cumsum(people) / people.sum()
        self._drawn_to = _drawn_to(country, people)

    def homes(self, vehicles: Indices, foreign: NDArray[np.bool_]) -> Indices:
        """Crossing where each is at home; of one from outside, where it comes in."""
        town, place, outside = (share_of(vehicles, self._seed, s) for s in (HOME_TOWN, HOME_PLACE, FROM_OUTSIDE))
        own = self._town(town)
        inside = self._places[self._firsts[own] + self._within(own, place)]
        comes_in = self._gates[(place * len(self._gates)).astype(np.int64)]
        found: Indices = np.where(foreign | (outside < GATE_HOMES[self._alone]), comes_in, inside)
        return found

    def goals(self, vehicles: Indices, outings: Indices, homes: Indices) -> Indices:
        """Crossing where an outing goes to; never the home."""
        seed = self._seed
        fixed = share_of(vehicles * 64 + outings % 64, seed, FIXED_GOAL) < AT_WORK
        trip = np.where(fixed, vehicles, vehicles + (outings + 1) * 1_000_003)
        leaves, drawn, place = (share_of(trip, seed, s) for s in (GOAL_LEAVES, GOAL_TOWN, GOAL_PLACE))
        own = self._town(share_of(vehicles, seed, HOME_TOWN))
        other = (drawn[:, None] >= self._drawn_to[own]).sum(axis=1)
        town = np.where(leaves < AT_HOME, own, other)
        within = self._within(town, place)
        goal = self._places[self._firsts[town] + within]
        found: Indices = self._places[self._firsts[town] + (within + (goal == homes)) % self._sizes[town]]
        return found

    def _town(self, share: NDArray[np.float64]) -> Indices:
        return np.searchsorted(self._people, share, side="right").clip(max=len(self._people) - 1)

    def _within(self, town: Indices, share: NDArray[np.float64]) -> Indices:
        found: Indices = (share * self._sizes[town]).astype(np.int64)
        return found


def _drawn_to(country: Country, people: NDArray[np.float64]) -> NDArray[np.float64]:
    """(towns, towns): chances to go from one to each other, added up."""
    crossings = country.roads.crossings
    centres = [crossings[town.crossings[0]].position for town in country.towns]
    apart = np.array([[distance_m(a, b) for b in centres] for a in centres])
    weight = people[None, :] / (1 + (apart / REACH_M) ** 2)
    if len(people) > 1:
        np.fill_diagonal(weight, 0.0)
    found: NDArray[np.float64] = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    return found
