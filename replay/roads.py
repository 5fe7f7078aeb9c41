"""The road graph: crossings, roads in both directions, quickest paths."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from functools import cached_property

from replay.brussels import CROSSINGS, ROAD_CLASSES, ROADS
from replay.geometry import distance_m
from schemas.base import GeoPoint

__all__ = ["FEDERAL", "RING", "Crossing", "Road", "RoadGraph", "brussels_roads"]

RING = "R0"
"""Mark of crossings on the outer ring, where no police zone of the city rules."""
FEDERAL = "federal"
"""Mark of crossings on motorways."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A node of the graph."""

    name: str
    zone: str
    """Police zone, or `R0`."""
    position: GeoPoint
    label: str
    """For people."""


@dataclass(frozen=True, slots=True)
class Road:
    """A two-way road between two crossings, from `a` to `b`."""

    number: int
    """Place in the graph's list."""
    a: str
    b: str
    road_class: str
    label: str
    length_m: float
    speed_kmh: float
    """Usual speed of free traffic."""

    @property
    def duration_s(self) -> float:
        """Usual travel time, s."""
        return self.length_m / self.speed_kmh * 3.6

    def other(self, crossing: str) -> str:
        """The far end, seen from one end."""
        return self.b if crossing == self.a else self.a


@dataclass(frozen=True)
class RoadGraph:
    """Crossings by name and roads. Quickest paths are found once for each destination and kept."""

    crossings: dict[str, Crossing]
    roads: list[Road]
    _trees: dict[str, dict[str, Road]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def around(self) -> dict[str, list[Road]]:
        """Crossing → roads that meet there."""
        found: dict[str, list[Road]] = {name: [] for name in self.crossings}
        for road in self.roads:
            found[road.a].append(road)
            found[road.b].append(road)
        return found

    def path(self, start: str, goal: str) -> list[Road]:
        """Quickest way in order of travel; empty if start is the goal. KeyError: no such way."""
        tree = self.first_roads(goal)
        way: list[Road] = []
        here = start
        while here != goal:
            way.append(tree[here])
            here = way[-1].other(here)
        return way

    def first_roads(self, goal: str) -> dict[str, Road]:
        """Crossing → the road to take there on the quickest way to `goal`."""
        tree = self._trees.get(goal)
        if tree is None:
            tree = self._trees[goal] = self._tree(goal)
        return tree

    def _tree(self, goal: str) -> dict[str, Road]:
        """Crossing → first road of the quickest way to `goal` (Dijkstra; ties by name, so it is stable)."""
        best, first = {goal: 0.0}, {}
        queue = [(0.0, goal)]
        while queue:
            cost, here = heapq.heappop(queue)
            if cost > best[here]:
                continue
            for road in self.around[here]:
                there, total = road.other(here), cost + road.duration_s
                if total < best.get(there, float("inf")):
                    best[there], first[there] = total, road
                    heapq.heappush(queue, (total, there))
        return first


def brussels_roads() -> RoadGraph:
    """The built-in graph."""
    crossings = {c.name: c for c in map(_crossing, CROSSINGS.strip().splitlines())}
    lines = ROADS.strip().splitlines()
    return RoadGraph(crossings, [_road(n, line, crossings) for n, line in enumerate(lines)])


def _crossing(line: str) -> Crossing:
    name, zone, lat, lon, label = line.split(None, 4)
    return Crossing(name, zone, GeoPoint(lat=float(lat), lon=float(lon)), label)


def _road(number: int, line: str, crossings: dict[str, Crossing]) -> Road:
    a, b, road_class, label = line.split(None, 3)
    speed_kmh, detour = ROAD_CLASSES[road_class]
    straight = distance_m(crossings[a].position, crossings[b].position)
    return Road(number, a, b, road_class, label, round(straight * detour, 1), speed_kmh)
