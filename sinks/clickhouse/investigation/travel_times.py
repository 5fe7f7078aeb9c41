"""Travel times as counts in bins of fixed edges: they add up over hours and days, and hold nobody's own time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from math import ceil

__all__ = ["EDGES_MS", "bin_of", "quantile_s", "share_after"]

STEP = 1.15
"""Each bin is so many times as wide as the one before: a quantile is right to about a fifteenth."""
SHORTEST_MS = 5_000
LONGEST_MS = 4 * 3600 * 1000


def _edges() -> tuple[int, ...]:
    edges = [SHORTEST_MS]
    while edges[-1] < LONGEST_MS:
        edges.append(ceil(edges[-1] * STEP))
    return tuple(edges)


EDGES_MS = _edges()
"""Lower edges of bins 1, 2, …; bin 0 is below the first. Never change them: the table travel counts by them."""


def bin_of(ms: int) -> int:
    """The bin of a travel time: how many edges are not above it."""
    return bisect_right(EDGES_MS, ms)


def _bounds_s(number: int) -> tuple[float, float]:
    low = EDGES_MS[number - 1] if number else 0
    high = EDGES_MS[number] if number < len(EDGES_MS) else low * STEP
    return low / 1000, high / 1000


def share_after(counts: Mapping[int, int], seconds: float) -> float:
    """Share of travel times longer than this, 0 to 1; within a bin they lie evenly. 1 when there are none."""
    total = sum(counts.values())
    return sum(count * _part_after(number, seconds) for number, count in counts.items()) / total if total else 1.0


def _part_after(number: int, seconds: float) -> float:
    low, high = _bounds_s(number)
    return min(1.0, max(0.0, (high - seconds) / (high - low)))


def quantile_s(counts: Mapping[int, int], share: float, after_s: float = 0.0) -> float | None:
    """The time within which `share` of the vehicles arrive, s, of those that take longer than `after_s`.

    None when no such vehicle is known.
    """
    beyond = {number: count * _part_after(number, after_s) for number, count in sorted(counts.items())}
    wanted = share * sum(beyond.values())
    if not any(beyond.values()):
        return None
    reached = 0.0
    for number, count in beyond.items():
        if count and reached + count >= wanted:
            low, high = _bounds_s(number)
            low = max(low, after_s)
            return low + (high - low) * (wanted - reached) / count
        reached += count
    return _bounds_s(max(beyond))[1]
