"""Who drives where and when on one day: along neighbouring cameras, at believable speeds, in rush hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replay.city import City
from replay.driving import Pass, plan_trip
from replay.history.plan import REGULAR_SHARE, HistoryPlan
from replay.history.texts import Indices
from replay.seeds import stream

__all__ = ["DAY_MS", "Chains", "Passed", "drive_day", "escorts"]

DAY_MS = 86_400_000
LONGEST = 8
"""Cameras of one trip, at most."""
KNOWN = 24
"""Ways known from each camera on."""
GO_ON = 0.42
"""Chance of another camera on the same trip: 1.72 cameras a trip."""
TRIPS = ((1, 0.26), (2, 0.70), (5, 0.04))
"""Trips a day → share of the vehicles that are out; five: taxis, deliveries."""
TRIPS_A_DAY = sum(trips * share for trips, share in TRIPS)
ZIPF, ZIPF_SHIFT = 0.9, 5.0
"""Share of trips that begin at the camera of rank r is as 1 / (r + shift)^exponent: 3 % at the busiest of 450."""
AT_HOME = 0.5
"""Trips that begin where the vehicle's trips usually begin."""
FOLLOWED_EVERY = 300
"""One vehicle in so many is always followed by another."""
MORNING, EVENING = (7.9, 1.0), (17.3, 1.6)
"""Rush hours: middle and spread, local hours."""
LOCAL_MS = 3_600_000
"""Local time before UTC: Belgium in winter."""
LEAST_STAY_MS = 20 * 60_000


@dataclass(frozen=True, slots=True)
class Chains:
    """From each camera, ways on: the cameras that come next, and when."""

    camera: NDArray[np.int16]
    """(cameras, ways, places)."""
    after_ms: NDArray[np.int64]
    departing: NDArray[np.bool_]
    length: NDArray[np.int64]
    """(cameras, ways)."""

    @staticmethod
    def of(city: City, seed: int) -> Chains:
        """By trips on the quickest ways between crossings."""
        number = {site.camera.camera_id: n for n, site in enumerate(city.sites)}
        found: dict[int, list[tuple[Pass, ...]]] = defaultdict(list)
        rng = stream(seed, "chains")
        names = sorted(city.roads.crossings)
        pairs = [(a, b) for a in names for b in names if a != b]
        for a, b in rng.sample(pairs, len(pairs)):
            passes = plan_trip(city, a, city.roads.path(a, b), 0.0, rng).passes
            for n, one in enumerate(passes):
                ways = found[number[one.site.camera.camera_id]]
                if len(ways) < KNOWN:
                    ways.append(passes[n : n + LONGEST])
        return _chains(found, number)


def _chains(found: dict[int, list[tuple[Pass, ...]]], number: dict[str, int]) -> Chains:
    shape = (len(number), KNOWN, LONGEST)
    camera = np.zeros(shape, np.int16)
    after_ms, departing = np.zeros(shape, np.int64), np.zeros(shape, np.bool_)
    length = np.ones(shape[:2], np.int64)
    camera[:, :, 0] = np.arange(len(number))[:, None]  # nobody comes by on a quickest way: seen there alone
    for start, ways in found.items():
        for n in range(KNOWN):
            way = ways[n % len(ways)]
            length[start, n] = len(way)
            camera[start, n, : len(way)] = [number[one.site.camera.camera_id] for one in way]
            after_ms[start, n, : len(way)] = [round((one.at_s - way[0].at_s) * 1000) for one in way]
            departing[start, n, : len(way)] = [one.direction == "departing" for one in way]
    return Chains(camera, after_ms, departing, length)


@dataclass(frozen=True, slots=True)
class Passed:
    """Vehicles past cameras, about in order of time."""

    vehicle: Indices
    camera: NDArray[np.int16]
    at_ms: Indices
    """After the beginning of the day, UTC."""
    departing: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Trips:
    vehicle: Indices
    depart_ms: Indices
    start: Indices
    """Camera."""
    way: Indices
    length: Indices
    haste: NDArray[np.float64]

    def take(self, rows: Indices) -> _Trips:
        return _Trips(*(getattr(self, name)[rows] for name in self.__slots__))


def escorts(plan: HistoryPlan) -> tuple[Indices, Indices]:
    """Vehicles that never drive alone, and for each the one that is always behind it."""
    led = np.arange(0, plan.regulars + plan.others, FOLLOWED_EVERY, dtype=np.int64)
    return led, led + 1


def drive_day(plan: HistoryPlan, chains: Chains, day: int, block: int) -> Iterator[Passed]:
    """The passages of a day, about `block` at a time, in all exactly as many as the plan has."""
    rng = np.random.default_rng([plan.seed, 1, day])
    trips, vehicles = _trips(plan, chains, day, plan.out_a_day, rng), plan.out_a_day
    while trips.length.sum() < plan.rows_of(day):  # where ways are short
        vehicles *= 1.15
        trips = _trips(plan, chains, day, vehicles, rng)
    trips = _cut(trips, plan.rows_of(day))
    trips = trips.take(np.argsort(trips.depart_ms, kind="stable"))
    blocks = (np.cumsum(trips.length) - 1) // block
    for some in np.split(np.arange(len(blocks)), np.flatnonzero(np.diff(blocks)) + 1):
        yield _passed(trips.take(some), chains, rng)


def _trips(plan: HistoryPlan, chains: Chains, day: int, vehicles: float, rng: np.random.Generator) -> _Trips:
    """Of about so many vehicles; in no order."""
    out = _vehicles(plan, day, vehicles, rng)
    often = rng.choice([n for n, _ in TRIPS], len(out), p=[share for _, share in TRIPS])
    vehicle = np.repeat(out, often)
    nth = np.arange(len(vehicle)) - np.repeat(np.cumsum(often) - often, often)
    order = rng.permutation(len(vehicle))
    vehicle, nth = vehicle[order], nth[order]
    start = _starts(vehicle, len(chains.length), rng, plan.seed)
    way = rng.integers(0, KNOWN, len(vehicle))
    length = np.minimum(rng.geometric(1 - GO_ON, len(vehicle)), chains.length[start, way])
    haste = rng.uniform(0.9, 1.25, len(vehicle))
    trips = _Trips(vehicle, _departures(nth, rng), start, way, length, haste)
    return _with_followers(trips, rng)


def _vehicles(plan: HistoryPlan, day: int, vehicles: float, rng: np.random.Generator) -> Indices:
    """Who is out, and some more, as the last trips are cut off."""
    most = int(vehicles * 1.15) + 64
    regular = np.unique((plan.regulars * rng.random(int(most * REGULAR_SHARE) + 1) ** 1.5).astype(np.int64))
    others = most - len(regular)
    first = int(plan.out_a_day * (1 - REGULAR_SHARE) * day)
    return np.concatenate([regular, plan.regulars + (first + np.arange(others)) % plan.others])


def _starts(vehicle: Indices, cameras: int, rng: np.random.Generator, seed: int) -> Indices:
    """By popularity; a vehicle's own camera half of the time."""
    bounds = np.cumsum(1 / (np.arange(1, cameras + 1) + ZIPF_SHIFT) ** ZIPF)
    ranked = np.random.default_rng([seed, 2]).permutation(cameras)
    home = (vehicle * 2_654_435_761 % (1 << 32)) / (1 << 32)
    spot = np.where(rng.random(len(vehicle)) < AT_HOME, home, rng.random(len(vehicle)))
    found: Indices = ranked[np.searchsorted(bounds, spot * bounds[-1], side="right").clip(max=cameras - 1)]
    return found


def _departures(nth: Indices, rng: np.random.Generator) -> Indices:
    """The first trip in the morning or at any time, the second in the evening. Milliseconds of the day, UTC."""
    count = len(nth)
    peak = np.where(nth == 0, MORNING[0], EVENING[0])
    hours = rng.normal(peak, np.where(nth == 0, MORNING[1], EVENING[1]))
    any_time = (nth > 1) | (rng.random(count) < 0.45)
    hours = np.where(any_time, rng.normal(13.5, 4.2, count), hours)
    return ((hours % 24) * 3_600_000 - LOCAL_MS).astype(np.int64) % (DAY_MS - LEAST_STAY_MS)


def _with_followers(trips: _Trips, rng: np.random.Generator) -> _Trips:
    """Some vehicles have company on all their ways: a car a few seconds behind."""
    led = np.flatnonzero(trips.vehicle % FOLLOWED_EVERY == 0)
    follower = trips.take(led)
    behind = rng.integers(2_000, 25_000, len(led))
    follower = _Trips(follower.vehicle + 1, follower.depart_ms + behind, *_rest(follower))
    parts = zip(*([getattr(t, name) for name in t.__slots__] for t in (follower, trips)), strict=True)
    return _Trips(*(np.concatenate(pair) for pair in parts))


def _rest(trips: _Trips) -> tuple[Indices, Indices, Indices, NDArray[np.float64]]:
    return trips.start, trips.way, trips.length, trips.haste


def _cut(trips: _Trips, rows: int) -> _Trips:
    """As many trips as have so many passages; the last one is shortened."""
    ends = np.cumsum(trips.length)
    last = int(np.searchsorted(ends, rows))
    kept = trips.take(np.arange(last + 1))
    kept.length[last] -= ends[last] - rows
    return kept


def _passed(trips: _Trips, chains: Chains, rng: np.random.Generator) -> Passed:
    trip = np.repeat(np.arange(len(trips.length)), trips.length)
    place = np.arange(len(trip)) - np.repeat(np.cumsum(trips.length) - trips.length, trips.length)
    where = (trips.start[trip], trips.way[trip], place)
    jitter = rng.integers(0, 1500, len(trip))
    at_ms = trips.depart_ms[trip] + (chains.after_ms[where] * trips.haste[trip]).astype(np.int64) + jitter
    order = np.argsort(at_ms, kind="stable")
    return Passed(trips.vehicle[trip][order], chains.camera[where][order], at_ms[order], chains.departing[where][order])
