"""Which passages of a plate can be of one vehicle: the fewest vehicles that explain them. Pure.

In order of time each passage is given to a vehicle that can have come there, of several the one that need not have
hurried most; where none can, it is another vehicle's. What comes out depends on the passages alone, not on the order in
which they were told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from pipeline.clones.sighting import Sighting
from pipeline.geo import distance_m
from pipeline.travel import IMPOSSIBLE_KMH, least_kmh

__all__ = ["NOTHING_IMPOSSIBLE_MS", "conflicts", "gap_ms", "in_order", "needed_kmh", "sides_of"]

FARTHEST_M = 300_000.0
"""No two places in Belgium are farther apart: De Panne to Arlon is 270 km."""
NOTHING_IMPOSSIBLE_MS = round(FARTHEST_M / IMPOSSIBLE_KMH * 3600)
"""After 72 minutes a car can be anywhere."""


def in_order(seen: Iterable[Sighting]) -> list[Sighting]:
    """By camera clock, without the withdrawn."""
    return sorted((one for one in seen if not one.withdrawn), key=lambda one: one.order)


def gap_ms(a: Sighting, b: Sighting) -> int:
    """Time between, at most: each may have been as much later as its clock may be behind."""
    return max(b.captured_ms + b.delay_ms - a.captured_ms, a.captured_ms + a.delay_ms - b.captured_ms)


def needed_kmh(a: Sighting, b: Sighting) -> float:
    """What one car would have driven at least between them. The same camera sees what is before it: 0."""
    if a.camera_id == b.camera_id:
        return 0.0
    gap = gap_ms(a, b)
    return 0.0 if gap > NOTHING_IMPOSSIBLE_MS else least_kmh(distance_m(a.place, b.place), gap / 1000)


def conflicts(way: Sequence[Sighting]) -> list[tuple[Sighting, Sighting]]:
    """Neighbours in the order of time that one car can not both be."""
    return [(a, b) for a, b in pairwise(way) if needed_kmh(a, b) > IMPOSSIBLE_KMH]


def sides_of(way: Iterable[Sighting]) -> list[list[Sighting]]:
    """Passages by vehicle, each in order of time; the vehicles in the order in which they appear. way: `in_order`."""
    sides: list[list[Sighting]] = []
    for one in way:
        fits = [(needed_kmh(side[-1], one), number) for number, side in enumerate(sides)]
        least, number = min(fits, default=(IMPOSSIBLE_KMH + 1, 0))
        if least <= IMPOSSIBLE_KMH:
            sides[number].append(one)
        else:
            sides.append([one])
    return sides
