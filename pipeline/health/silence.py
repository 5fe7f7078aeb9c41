"""How long a camera may say nothing: by what is usual at these hours, with what all cameras have more or less now."""

from __future__ import annotations

from datetime import datetime
from math import exp, log1p

from pipeline.health.week import HOUR, Usual, hour_of, hour_of_week, usual
from schemas.health_file import HealthFile

__all__ = ["bounds", "chance_of_silence", "missed"]

FIRST_READS = 8
"""Before anything is learnt the rate of the first hours must do, and as the day goes on it is another one: it counts
as known no better than by so many reads."""
LEAST_VARIANCE = 0.01
FIRST_S = 600.0
"""Watched for less, it counts as watched for so long: traffic comes in bursts."""
MOST_HOURS = 48
"""Longer, and nothing but certainty is left to gain."""


def missed(file: HealthFile, since: datetime, at: datetime, common: float) -> tuple[float, float] | None:
    """Reads that usually come in this time, and their variance; None: not enough is learnt."""
    expected, differs, begin = 0.0, 0.0, since
    for _ in range(MOST_HOURS):
        if begin >= at:
            break
        end = min(hour_of(begin) + HOUR, at)
        known = usual(file.learnt, hour_of_week(hour_of(begin)))
        if known is None:
            return None
        comes = known.reads * ((end - begin) / HOUR) * common
        expected += comes
        differs += comes * known.variance**0.5
        begin = end
    return expected, max((differs / expected) ** 2, LEAST_VARIANCE) if expected else LEAST_VARIANCE


def chance_of_silence(file: HealthFile, since: datetime, at: datetime, common: float) -> float:
    """That nothing comes from `since` on until `at` though all is well.

    A rate that is not known exactly, and differs from day to day, makes long silences likelier than Poisson has it:
    (1 + E v) ** (-1 / v) instead of exp(-E), as of a gamma distributed rate with the relative variance v.
    """
    found = missed(file, since, at, common)
    if found is None:
        return _by_first_hours(file, since, at)
    expected, variance = found
    return exp(-log1p(expected * variance) / variance)


def _by_first_hours(file: HealthFile, since: datetime, at: datetime) -> float:
    """By the reads of the hours that are held: the file has no others yet."""
    first = file.first_at
    if first is None or not file.hours:
        return 1.0
    begin = max(first, file.hours[0].hour_from)
    watched_s, silent_s = max((since - begin).total_seconds(), FIRST_S), (at - since).total_seconds()
    reads = sum(one.reads for one in file.hours)
    return exp(-min(reads, FIRST_READS) * log1p(silent_s / watched_s))


def bounds(known: Usual, expected: float) -> tuple[float, float]:
    """Reads between which an hour is as usual, nineteen times in twenty."""
    far = 2 * (known.variance + 1 / (expected + 0.5)) ** 0.5
    return max(expected * (1 - min(far, 1.0)), 0.0), expected * exp(far)
