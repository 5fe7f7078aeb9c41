"""What is usual of a camera at an hour of the week: learnt from the same hours before, and from those that are alike.

Little is known at first. So each hour also learns from the same hour of other days and from its neighbours, the less
the more it has seen itself: with one day seen the next is judged, with five weeks a Tuesday is a Tuesday.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from math import log
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipeline.health.records import LearntRecord
from schemas.codec import changed
from schemas.health_file import Learnt

__all__ = ["HOUR", "Usual", "hour_of", "hour_of_week", "learnt_hour", "log_ratio", "rescaled", "usual"]

HOUR = timedelta(hours=1)
BELGIAN = ZoneInfo("Europe/Brussels")
CELLS = 168
FADES = 0.9
"""What an hour of the week before counts, against this week's: half after six and a half weeks."""
SHARED_WEEKS = 1.0
"""What like hours say counts as so many weeks of its own, a quarter of it after one week, a ninth after two."""
LEAST_SHARED = 0.25
COMMON_DIFFERS = 0.25
"""An hour in which all cameras had a quarter more or less than usual says half as much."""
SPREAD_LEAST, SPREAD_MOST, SPREAD_LEARNS = 0.02, 1.0, 0.01
DAYS = ((0, 1, 2, 3, 4), (5,), (6,))
"""Days that are alike: of work, Saturday, Sunday."""


class Usual(NamedTuple):
    """What comes in an hour."""

    reads: float
    """Mean."""
    weeks: float
    """On so many weeks it rests, those of like hours counted in …"""
    own: float
    """… and not."""
    variance: float
    """Of the logarithm, beyond chance: how hours differ, and how well the mean is known."""


def hour_of(at: datetime) -> datetime:
    """Begin of its hour, UTC."""
    return at.replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=4096)
def hour_of_week(hour_from: datetime) -> int:
    """Monday 0 h Belgian time is 0. Traffic follows the clock on the wall, in summer as in winter."""
    local = hour_from.astimezone(BELGIAN)
    return local.weekday() * 24 + local.hour


@lru_cache(maxsize=CELLS)
def _alike(cell: int) -> Sequence[tuple[int, float]]:
    """Hours to learn from, with how much each says."""
    day, hour = divmod(cell, 24)
    ours = next(days for days in DAYS if day in days)
    same = [(one * 24 + hour, 1.0) for one in ours if one != day]
    beside = [(((one * 24 + hour + step) % CELLS), 0.2) for one in ours for step in (-1, 1)]
    others = [(one * 24 + hour, 0.1) for one in chain(*DAYS) if one not in ours]
    return [*same, *beside, *others]


def usual(learnt: Learnt | None, cell: int) -> Usual | None:
    """What usually comes in this hour of the week; None: too little is learnt."""
    if learnt is None or not learnt.reads:
        return None
    reads, weeks = learnt.reads, learnt.weeks
    shared_reads = shared_weeks = 0.0
    for other, says in _alike(cell):
        shared_reads += says * reads[other]
        shared_weeks += says * weeks[other]
    if shared_weeks < LEAST_SHARED and weeks[cell] < LEAST_SHARED:
        return None
    counts = min(SHARED_WEEKS, shared_weeks) / (1 + weeks[cell]) ** 2
    shared = counts * shared_reads / shared_weeks if shared_weeks else 0.0
    known = weeks[cell] + counts
    mean = (reads[cell] + shared) / known
    return Usual(mean, known, weeks[cell], learnt.spread * (1 + 1 / known) + 1 / (1 + mean * known))


def log_ratio(reads: float, expected: float) -> float:
    """How far off, as a logarithm: twice as many and half as many are as far."""
    return log((reads + 0.5) / (expected + 0.5))


def learnt_hour(learnt: Learnt | None, cell: int, reads: float, common: float) -> Learnt:
    """With one hour more. common: what all cameras had of their usual: where that is known, a strange hour says less.

    It is learnt as it was, not divided by what all had: usual hours and their common factor would run away together.
    """
    before = learnt or LearntRecord()
    sums, weeks = list(before.reads or (0.0,) * CELLS), list(before.weeks or (0.0,) * CELLS)
    known = usual(learnt, cell)
    says = 1.0 if weeks[cell] < 1 else 1 / (1 + (log(common) / COMMON_DIFFERS) ** 2)
    sums[cell] = round(sums[cell] * FADES + says * _tamed(reads, common, known), 1)
    weeks[cell] = round(weeks[cell] * FADES + says, 3)
    return changed(
        before,
        hours=before.hours + 1,
        reads=tuple(sums),
        weeks=tuple(weeks),
        spread=before.spread if known is None else _spread(before.spread, reads, known, common),
    )


def _tamed(reads: float, common: float, known: Usual | None) -> float:
    """An hour like no other teaches no more than a strange one does."""
    if known is None or known.weeks < 2:
        return reads
    expected = known.reads * common
    far = 2.5 * (known.variance + 1 / (expected + 1)) ** 0.5
    return float(min(max(reads, expected * (1 - min(far, 0.7))), (expected + 1) * (1 + 2 * far)))


def _spread(before: float, reads: float, known: Usual, common: float) -> float:
    expected = known.reads * common
    if expected < 10 or known.weeks < 2:
        return before
    off = min(log_ratio(reads, expected) ** 2, 1.0) - 1 / (expected + 0.5)
    own = off / (1 + 1 / known.weeks)
    return round(min(max(before + SPREAD_LEARNS * (own - before), SPREAD_LEAST), SPREAD_MOST), 5)


def rescaled(learnt: Learnt, factor: float) -> Learnt:
    """All hours more or less by a factor: what was off for long is its usual now."""
    return changed(learnt, reads=tuple(round(one * factor, 3) for one in learnt.reads))
