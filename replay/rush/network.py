"""The road graph and its cameras as arrays: carriageways, the next one on the way to anywhere, what is passed on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from replay.city import City, Site, Spot
from replay.history.texts import Indices
from replay.roads import RoadGraph
from schemas.base import GeoPoint
from schemas.read import Direction

__all__ = ["Network", "Watched"]

SEEN: tuple[Direction, Direction] = ("approaching", "departing")


@dataclass(frozen=True, slots=True)
class Watched:
    """Places where vehicles are seen, in order of carriageway and of travel along it."""

    first: Indices
    """Carriageway → the first of its places; one more entry at the end."""
    share: NDArray[np.float64]
    """Where along the carriageway, 0 to 1."""
    departing: NDArray[np.bool_]
    """Vehicles are seen from behind."""
    camera: NDArray[np.int32]
    """Number of the camera; of a spot: −1 − its number."""
    points: tuple[GeoPoint, ...]


@dataclass(frozen=True)
class Network:
    """Carriageway 2n is road n from `a` to `b`, 2n + 1 the other way. Crossings are numbered by their names."""

    city: City
    names: tuple[str, ...]
    """Crossings."""
    head: Indices
    """Carriageway → the crossing where it ends."""
    length_m: NDArray[np.float64]
    speed_ms: NDArray[np.float64]
    motorway: NDArray[np.bool_]
    following: NDArray[np.int16]
    """(crossings, crossings): carriageway to take here on the quickest way to there; −1: arrived."""
    watched: Watched

    @staticmethod
    def of(city: City) -> Network:
        """All of it."""
        roads = city.roads
        names = tuple(sorted(roads.crossings))
        number = {name: n for n, name in enumerate(names)}
        ends = [(number[road.b], number[road.a]) for road in roads.roads]
        twice = np.repeat(np.arange(len(roads.roads)), 2)
        return Network(
            city,
            names,
            head=np.array(ends, np.int64).ravel(),
            length_m=np.array([road.length_m for road in roads.roads])[twice],
            speed_ms=np.array([road.speed_kmh / 3.6 for road in roads.roads])[twice],
            motorway=np.array([road.road_class in ("motorway", "ring") for road in roads.roads])[twice],
            following=_following(roads, names),
            watched=_watched(city),
        )

    @cached_property
    def number(self) -> dict[str, int]:
        """Crossing → its number."""
        return {name: n for n, name in enumerate(self.names)}

    @cached_property
    def place_of(self) -> dict[tuple[int, Direction], int]:
        """Fixed camera and how it sees a vehicle → place."""
        pairs = zip(self.watched.camera.tolist(), self.watched.departing.tolist(), strict=True)
        seen = enumerate((n, SEEN[from_behind]) for n, from_behind in pairs)
        return {key: place for place, key in seen}

    @cached_property
    def free_s(self) -> NDArray[np.float32]:
        """(crossings, crossings): time of the quickest way on free roads."""
        took_s = (self.length_m / self.speed_ms).astype(np.float32)
        crossings = len(self.names)
        here = np.repeat(np.arange(crossings)[:, None], crossings, axis=1)
        goal = here.T.copy()
        found = np.zeros(self.following.shape, np.float32)
        while True:
            driving = here != goal
            if not driving.any():
                return found
            edge = self.following[here[driving], goal[driving]]
            found[driving] += took_s[edge]
            here[driving] = self.head[edge]

    def path(self, start: int, goal: int) -> list[int]:
        """Carriageways from crossing to crossing."""
        way = []
        while start != goal:
            way.append(int(self.following[start, goal]))
            start = int(self.head[way[-1]])
        return way


def _following(roads: RoadGraph, names: tuple[str, ...]) -> NDArray[np.int16]:
    found = np.full((len(names), len(names)), -1, np.int16)
    for goal, name in enumerate(names):
        first = roads.first_roads(name)
        for here, start in enumerate(names):
            if here != goal:
                road = first[start]
                found[here, goal] = 2 * road.number + (road.a != start)
    return found


def _watched(city: City) -> Watched:
    rows = sorted(row for n, site in enumerate(city.sites) for row in _of_site(n, site))
    rows += [_of_spot(n, spot) for n, spot in enumerate(city.spots)]
    rows.sort(key=lambda row: row[:3])
    edges = np.array([row[0] for row in rows])
    points = [site.camera.position for site in city.sites] + [spot.position for spot in city.spots]
    return Watched(
        first=np.searchsorted(edges, np.arange(2 * len(city.roads.roads) + 1)),
        share=np.array([row[1] for row in rows]),
        departing=np.array([row[3] for row in rows]),
        camera=np.array([row[2] for row in rows], np.int32),
        points=tuple(p for p in (points[n if n >= 0 else len(city.sites) - 1 - n] for _, _, n, _ in rows) if p),
    )


def _of_site(number: int, site: Site) -> list[tuple[int, float, int, bool]]:
    """Carriageway, place along it, camera, whether from behind; of a camera that sees both ways, twice."""
    share = site.offset_m / site.road.length_m
    there = (2 * site.road.number, share, number, site.looks == "ab")
    back = (2 * site.road.number + 1, 1 - share, number, site.looks == "ba")
    return [row for row, way in ((there, "ab"), (back, "ba")) if site.only in (None, way)]


def _of_spot(number: int, spot: Spot) -> tuple[int, float, int, bool]:
    share = spot.offset_m / spot.road.length_m
    if spot.only == "ab":
        return 2 * spot.road.number, share, -1 - number, True
    return 2 * spot.road.number + 1, 1 - share, -1 - number, True
