"""Who travels with a vehicle, and who only shares its road: weighed against chance. Pure.

For each vehicle near the target the data are told by two stories: it travels with the target for a while, or it is
there by chance. By chance it is near on a new trip as often as its share of the traffic there says, and near again at
the target's next camera as often as the others who were near before: a motorway is full of strangers who go the same
way. The score is how much likelier the first story makes what was seen. Model, trial and limits:
docs/decisions/0013-companions.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from math import exp, expm1, log
from statistics import median

__all__ = ["Companion", "Met", "TargetPassage", "Traffic", "score_companions"]

MEMORY = 4
"""How many shared cameras before the last are looked at for who goes on together."""
TRUST = 5.0
"""The few who came along so far tell of the next camera as much as so many vehicles of the wider crowd."""
TRIP_GAP_S = 1800.0
"""Not seen for longer: another trip."""
SEEN_TOGETHER = 0.85
"""Of a companion: near at so many of the target's cameras; the others miss it, or traffic comes between."""
SHARED_TRIPS = 0.5
"""Of a companion: on so many of the target's trips."""


@dataclass(frozen=True, slots=True)
class TargetPassage:
    """The vehicle that is followed, at one camera."""

    camera_id: str
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Met:
    """Another vehicle (a confusion-class key) and all its encounters."""

    plate: str
    """As it was read most surely."""
    written: tuple[str, ...]
    """All ways it was read."""
    near: Mapping[TargetPassage, float]
    """Passages of the target near which it was, and by how many seconds it came after (negative: before)."""
    ring: int
    """How often it passed the same cameras a little earlier or later, beyond `near`: its ordinary use of them."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Everybody around the target's passages."""

    ring: int
    """Passages beyond `near`, all vehicles."""
    vehicles: int
    """Different vehicles, near or in the ring."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A vehicle that was near the target more than once."""

    plate: str
    written: tuple[str, ...]
    passages: int
    """Passages of the target that it shared …"""
    of: int
    """… of so many on the trips that it shared."""
    cameras: int
    """Different cameras among them."""
    trips: int
    """Different trips of the target among them."""
    days: int
    """Different days (UTC) among them."""
    after_s: float
    """Middle gap, s: positive behind the target, negative ahead of it."""
    score: float
    """log10 of how much likelier a companion makes what was seen than chance does."""
    expected: float
    """Of all vehicles around, at most so many would reach this score by chance: below 0.01 it is hardly chance."""
    first_at: datetime
    last_at: datetime


def score_companions(
    target: Sequence[TargetPassage], met: Sequence[Met], traffic: Traffic, least: int = 3
) -> list[Companion]:
    """Vehicles near at least `least` passages of the target, least explained by chance first."""
    crowd = _Crowd(tuple(sorted(set(target), key=lambda p: (p.captured_at, p.camera_id))), met, traffic)
    found = [crowd.judge(number) for number, one in enumerate(met) if len(one.near) >= least]
    return sorted(found, key=lambda one: (-one.score, -one.passages, one.plate))


class _Crowd:
    """The target's passages and who was near each: numbers stand for vehicles and for passages."""

    def __init__(self, target: tuple[TargetPassage, ...], met: Sequence[Met], traffic: Traffic) -> None:
        self._target, self._met, self._traffic = target, met, traffic
        self._place = {passage: place for place, passage in enumerate(target)}
        self._near: list[set[int]] = [set() for _ in target]
        for number, one in enumerate(met):
            for passage in one.near:
                self._near[self._place[passage]].add(number)
        self._trip = _trips(target)
        self._along: dict[tuple[int, ...], set[int]] = {}

    def judge(self, number: int) -> Companion:
        """One vehicle's encounters, weighed."""
        one = self._met[number]
        places = sorted(self._place[passage] for passage in one.near)
        trips = {self._trip[place] for place in places}
        shared = [self._target[place] for place in places]
        ways = groupby(range(len(self._trip)), self._trip.__getitem__)
        score = sum(self._weight(number, list(way)) for _, way in ways) / log(10)
        return Companion(
            one.plate,
            one.written,
            len(places),
            sum(trip in trips for trip in self._trip),
            len({passage.camera_id for passage in shared}),
            len(trips),
            len({passage.captured_at.date() for passage in shared}),
            median(one.near.values()),
            score,
            max(1, self._traffic.vehicles) * min(1.0, 10.0**-score),
            shared[0].captured_at,
            shared[-1].captured_at,
        )

    def _weight(self, number: int, trip: Sequence[int]) -> float:
        """log of how much likelier a companion makes what was seen on one trip.

        Where it came and where it left is not known: every stretch of the trip counts alike. That is a fair bet
        against chance, so that by chance a weight of w comes to one stranger in w at most (Markov's inequality).
        """
        before: list[int] = []
        stretches, ending = [], float("-inf")  # logs of sums over all stretches, and over those that end here
        for place in trip:
            chance = self._chance(number, before, place)
            near = number in self._near[place]
            here = _here(chance, near)
            ending = here + _log_sum([0.0, ending])
            stretches.append(ending)
            if near:
                before.append(place)
        count = len(trip) * (len(trip) + 1) / 2
        return _log_sum([log(1 - SHARED_TRIPS), log(SHARED_TRIPS / count) + _log_sum(stretches)])

    def _chance(self, number: int, before: Sequence[int], place: int) -> float:
        """Probability that a stranger is near at this passage, having been near at those before on the trip."""
        fresh = self._fresh(number, place)
        return 1 - (1 - fresh) * (1 - self._followed(number, tuple(before[-MEMORY:]), place)) if before else fresh

    def _fresh(self, number: int, place: int) -> float:
        """… of one that was not near before: its share of the traffic, for all that were near.

        The share comes from the ring, so that a bus or a commuter of the same hour, who is always about, is no
        surprise. The one added is for a vehicle that the ring does not know.
        """
        share = (self._met[number].ring + 1) / (self._traffic.ring + max(1, self._traffic.vehicles))
        return -expm1(-share * max(1, len(self._near[place])))

    def _followed(self, number: int, before: tuple[int, ...], place: int) -> float:
        """Of the others who were near at the same passages before, the share near at this one.

        Few went along for long, so the share of a longer common way leans on that of a shorter one (TRUST).
        """
        here, itself = self._near[place], number in self._near[place]
        share = 0.5
        for length in range(1, len(before) + 1):
            along = self._together(before[-length:])
            trust = TRUST if length > 1 else 2.0
            share = (len(along & here) - itself + trust * share) / (len(along) - 1 + trust)
        return share

    def _together(self, places: tuple[int, ...]) -> set[int]:
        """Who was near at all of these."""
        if places not in self._along:
            self._along[places] = set.intersection(*(self._near[place] for place in places))
        return self._along[places]


def _here(chance: float, near: bool) -> float:
    """log of how much likelier a companion makes being near, or not, at one passage.

    A companion is near at least as surely as a stranger. So being away is never evidence of company: where all the
    crowd goes on, it would be, and a car at the edge of `near` would score by dropping in and out.
    """
    together = max(SEEN_TOGETHER, chance)
    return log(together / chance) if near else log((1 - together) / (1 - chance))


def _trips(target: Sequence[TargetPassage]) -> list[int]:
    """Number of the trip of each passage."""
    trips: list[int] = []
    for place, passage in enumerate(target):
        gap_s = (passage.captured_at - target[place - 1].captured_at).total_seconds() if place else 0.0
        trips.append((trips[-1] if trips else 0) + (gap_s > TRIP_GAP_S))
    return trips


def _log_sum(logs: Sequence[float]) -> float:
    """log of the sum of numbers given by their logs."""
    most = max(logs)
    return most if most == float("-inf") else most + log(sum(exp(one - most) for one in logs))
