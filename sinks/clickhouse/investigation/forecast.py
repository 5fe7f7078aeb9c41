"""Where a vehicle will be seen next, from where vehicles were seen next before. Pure.

Probabilities lean from the narrow to the wide: this hour of the week ← this hour of such days ← this direction ← all.
Each level weighs what it saw against TRUST observations of the wider one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sinks.clickhouse.investigation.travel_times import quantile_s, share_after

__all__ = ["ELSEWHERE", "NOT_SEEN", "Moves", "Next", "forecast"]

NOT_SEEN = ""
"""In place of the next camera: nobody saw it within the hour. It parked, or left the cameras' reach."""
ELSEWHERE = "*"
"""In place of the next camera: cameras, or an end of the trip, that too few vehicles came to to be told."""
TRUST = 20.0
UNSEEN = 0.03
"""Share of vehicles that pass a camera unread: so much hope is left for one that is overdue."""


@dataclass(frozen=True, slots=True)
class Moves:
    """How many vehicles went to one next camera, at each level, and how long they took."""

    to_camera: str
    levels: tuple[int, ...]
    """Widest level first; each is part of the one before."""
    times: Mapping[int, int]
    """Travel times: bin of `travel_times` → vehicles."""


@dataclass(frozen=True, slots=True)
class Next:
    """A camera where the vehicle may be seen next."""

    to_camera: str
    """NOT_SEEN and ELSEWHERE are outcomes too."""
    probability: float
    """0 to 1; all outcomes together 1."""
    p10_s: float | None
    """From now: one in ten is there by then; None: not known."""
    p50_s: float | None
    p90_s: float | None
    observations: int
    """Vehicles that went there in the time learnt from, at the widest level."""
    overdue: bool
    """True: nine in ten would have been there by now."""


def forecast(moves: Sequence[Moves], elapsed_s: float = 0.0) -> list[Next]:
    """Likeliest first. elapsed_s: since the last sighting; nothing was seen in it."""
    weights = [p * _still(one, elapsed_s) for one, p in zip(moves, _shares(moves), strict=True)]
    total = sum(weights)
    found = [_next(one, weight / total, elapsed_s) for one, weight in zip(moves, weights, strict=True) if total]
    return sorted(found, key=lambda one: (-one.probability, one.to_camera))


def _shares(moves: Sequence[Moves]) -> list[float]:
    """Probability of each outcome, leaning from the narrow level to the wide."""
    shares = [1 / max(1, len(moves))] * len(moves)
    for level, counts in enumerate(zip(*(one.levels for one in moves), strict=True)):
        trust = TRUST if level else 0.0  # below the widest there is nothing to lean on
        total = sum(counts) + trust
        if total:
            shares = [(count + trust * share) / total for count, share in zip(counts, shares, strict=True)]
    return shares


def _still(one: Moves, elapsed_s: float) -> float:
    """Probability that this outcome has not shown itself by now."""
    if one.to_camera == NOT_SEEN:
        return 1.0
    return UNSEEN + (1 - UNSEEN) * share_after(one.times, elapsed_s)


def _next(one: Moves, probability: float, elapsed_s: float) -> Next:
    named = one.to_camera not in {NOT_SEEN, ELSEWHERE}
    p10, p50, p90 = (_from_now(one, share, elapsed_s) if named else None for share in (0.1, 0.5, 0.9))
    overdue = named and share_after(one.times, elapsed_s) < 0.1
    return Next(one.to_camera, probability, p10, p50, p90, one.levels[0], overdue)


def _from_now(one: Moves, share: float, elapsed_s: float) -> float | None:
    at_s = quantile_s(one.times, share, elapsed_s)
    return None if at_s is None else at_s - elapsed_s
