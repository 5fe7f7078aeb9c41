"""Trips: which cameras a vehicle passes when, on the quickest way from one crossing to another."""

from __future__ import annotations

import random
from dataclasses import dataclass

from replay.city import City, Site, Way
from replay.roads import Road
from schemas.read import Direction

__all__ = ["SPEED_LIMIT_KMH", "Pass", "Trip", "plan_trip"]

SPEED_LIMIT_KMH = 115.0
"""Nobody drives faster here, whatever the draws say."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A vehicle at a fixed camera."""

    at_s: float
    site: Site
    direction: Direction
    lane: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A drive from a crossing to another."""

    passes: tuple[Pass, ...]
    """In order of time."""
    legs: tuple[tuple[float, str], ...]
    """Time of arrival at each crossing on the way, the last one included."""

    @property
    def arrival_s(self) -> float:
        """End of the trip."""
        return self.legs[-1][0]

    @property
    def goal(self) -> str:
        """Where it ends."""
        return self.legs[-1][1]


def plan_trip(city: City, start: str, way: list[Road], depart_s: float, rng: random.Random) -> Trip:
    """Drive the roads of `way` (not empty) from crossing `start`, at speeds that vary by driver and road."""
    haste = rng.uniform(0.85, 1.15)
    here, now = start, depart_s
    passes: list[Pass] = []
    legs = []
    for road in way:
        speed_kmh = min(road.speed_kmh * haste * rng.uniform(0.6, 1.1), SPEED_LIMIT_KMH)
        passes += _passes_on(city.on_road.get(road.number, []), here, now, speed_kmh / 3.6, rng)
        now += road.length_m / speed_kmh * 3.6
        here = road.other(here)
        legs.append((now, here))
    return Trip(tuple(passes), tuple(legs))


def _passes_on(sites: list[Site], entry: str, enter_s: float, speed_ms: float, rng: random.Random) -> list[Pass]:
    """Passes of the cameras of one road, in order of travel."""
    if not sites:
        return []
    road = sites[0].road
    lane = 1 if road.road_class == "street" else rng.choice((1, 1, 2))
    way: Way = "ab" if entry == road.a else "ba"
    passed = [site for site in (sites if way == "ab" else reversed(sites)) if site.only in (None, way)]
    return [Pass(enter_s + _along(site, way) / speed_ms, site, _seen(site, way), lane) for site in passed]


def _along(site: Site, way: Way) -> float:
    """Distance from where the road is entered, m."""
    return site.offset_m if way == "ab" else site.road.length_m - site.offset_m


def _seen(site: Site, way: Way) -> Direction:
    return "departing" if site.looks == way else "approaching"
