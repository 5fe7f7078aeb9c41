"""Belgium as a road graph: Brussels as it is, the other towns with their districts, motorways between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise

from replay.belgium import BORDERS, JUNCTIONS, MOTORWAYS, TOWNS
from replay.brussels import ROAD_CLASSES
from replay.geometry import distance_m
from replay.roads import FEDERAL, RING, Crossing, Road, RoadGraph, brussels_roads
from schemas.base import GeoPoint

__all__ = ["BRUSSELS", "Country", "Town", "belgium"]

BRUSSELS = "brussels"
BRUSSELS_THOUSANDS = 1230
NEIGHBOURS = 3
"""A district has a road to so many of its nearest ones."""
MAIN_FROM_M = 1800.0
"""Between districts further apart the road is a main road."""
ACCESS_M = 9000.0
"""A junction has a road to the nearest district within this distance, and to a second one in another town."""


@dataclass(frozen=True, slots=True)
class Town:
    """Where people live."""

    name: str
    thousands: int
    """Inhabitants, thousands."""
    lez: str | None
    """Its low-emission zone."""
    crossings: tuple[str, ...]
    """Its own, by name."""


@dataclass(frozen=True, slots=True)
class Country:
    """Towns, and the roads in and between them."""

    roads: RoadGraph
    towns: tuple[Town, ...]
    borders: tuple[str, ...]
    """Crossings where a road leaves the country."""


@cache
def belgium() -> Country:
    """The built-in one: 25 towns, some 350 crossings. Brussels' crossings and roads are those of `brussels_roads`."""
    capital = brussels_roads()
    towns = list(_towns())
    others = [one for _, districts in towns for one in districts]
    others += map(_junction, JUNCTIONS.strip().splitlines())
    crossings = capital.crossings | {one.name: one for one in others}
    assert len(crossings) == len(capital.crossings) + len(others), "two crossings have one name"
    builder = _Builder(crossings, list(capital.roads))
    for _, districts in towns:
        builder.join_town(districts)
    for line in MOTORWAYS.strip().splitlines():
        number, *names = line.split()
        builder.motorway(number, names)
    builder.access([one for _, districts in towns for one in districts])
    inner = tuple(name for name, one in capital.crossings.items() if one.zone != RING)
    home = Town(BRUSSELS, BRUSSELS_THOUSANDS, BRUSSELS, inner)
    return Country(RoadGraph(crossings, builder.roads), (home, *(town for town, _ in towns)), BORDERS)


def _towns() -> Iterator[tuple[Town, list[Crossing]]]:
    districts: list[Crossing] = []
    head: list[str] = []
    for line in [*TOWNS.strip().splitlines(), "end"]:
        if line.startswith(" "):
            districts += [_district(head[0], text) for text in line.split(";")]
            continue
        if districts:
            names = tuple(one.name for one in districts)
            yield Town(head[0], int(head[1]), head[2] if len(head) > 2 else None, names), districts
        head, districts = line.split(), []


def _district(town: str, text: str) -> Crossing:
    label, lat, lon = text.strip().rsplit(None, 2)
    slug = label.lower().replace(" ", "-")
    return Crossing(f"{town}:{slug}", town, GeoPoint(lat=float(lat), lon=float(lon)), f"{label} ({town.title()})")


def _junction(line: str) -> Crossing:
    name, lat, lon, label = line.split(None, 3)
    return Crossing(name, FEDERAL, GeoPoint(lat=float(lat), lon=float(lon)), label)


class _Builder:
    """Adds roads to those of the capital."""

    def __init__(self, crossings: dict[str, Crossing], roads: list[Road]) -> None:
        self._crossings, self.roads = crossings, roads

    def join_town(self, districts: Sequence[Crossing]) -> None:
        """The neighbours of each district, and the shortest roads that keep the town in one piece."""
        pairs = sorted(combinations(range(len(districts)), 2), key=lambda p: _apart(districts[p[0]], districts[p[1]]))
        degree: dict[int, int] = defaultdict(int)
        part = list(range(len(districts)))
        for a, b in pairs:
            joins = part[a] != part[b]
            if not joins and max(degree[a], degree[b]) >= NEIGHBOURS:
                continue
            degree[a] += 1
            degree[b] += 1
            part = [part[a] if one == part[b] else one for one in part]
            self._between(districts[a], districts[b])

    def motorway(self, number: str, names: Sequence[str]) -> None:
        """One after the other."""
        for a, b in pairwise(names):
            there = self._crossings[a], self._crossings[b]
            self._add(*there, "motorway", f"{number} {_short(there[0])}-{_short(there[1])}")

    def access(self, districts: Sequence[Crossing]) -> None:
        """From each junction that is near a town to it."""
        for junction in [one for one in self._crossings.values() if one.zone == FEDERAL]:
            near = sorted(districts, key=lambda one: _apart(one, junction))[:6]
            town = near[0].zone
            chosen = [near[0], *(one for one in near[1:] if one.zone != town)][:2]
            for district in chosen:
                if _apart(district, junction) <= ACCESS_M:
                    self._add(junction, district, "main", f"Access {_short(junction)}, {_short(district)}")

    def _between(self, a: Crossing, b: Crossing) -> None:
        road_class = "main" if _apart(a, b) >= MAIN_FROM_M else "street"
        self._add(a, b, road_class, f"{_short(a)}-{_short(b)}, {a.zone.title()}")

    def _add(self, a: Crossing, b: Crossing, road_class: str, label: str) -> None:
        speed_kmh, detour = ROAD_CLASSES[road_class]
        length_m = round(max(_apart(a, b), 200.0) * detour, 1)
        self.roads.append(Road(len(self.roads), a.name, b.name, road_class, label, length_m, speed_kmh))


def _apart(a: Crossing, b: Crossing) -> float:
    return distance_m(a.position, b.position)


def _short(crossing: Crossing) -> str:
    return crossing.label.split(" (")[0]
