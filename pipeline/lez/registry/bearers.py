"""Who bore a plate at a moment: an earlier holder, a later one, one of another country, or nobody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pipeline.lez.registry.columns import ALWAYS
from pipeline.lez.registry.profiles import NO_DAY

__all__ = ["ABSENT", "NOBODY", "TWO_COUNTRIES", "UNDECIDED", "Bearer", "Holding", "bearer_at", "second_of"]

ABSENT, TWO_COUNTRIES = -1, -2
"""Instead of a profile: no register knows a vehicle that bore the plate then; vehicles of several countries did, and
nothing tells which of them passed."""


class Bearer(NamedTuple):
    """The vehicle that a plate belonged to at a moment."""

    profile: int
    """Number in Profiles, ABSENT or TWO_COUNTRIES."""
    day: int = NO_DAY
    """Number of the day of its first registration."""


NOBODY, UNDECIDED = Bearer(ABSENT), Bearer(TWO_COUNTRIES)


class Holding(NamedTuple):
    """A vehicle and the time for which it bears a plate."""

    bearer: Bearer
    country: str
    since: int
    """Second, Unix time."""
    until: int
    """Not any more from this second on."""


def second_of(moment: datetime | None, absent: int) -> int:
    """The second in which it lies, within the years that are told apart: 1970 to 2106."""
    if moment is None:
        return absent
    return min(max(int(moment.timestamp() // 1), 0), ALWAYS - 1)


def bearer_at(held: Iterable[Holding], country: str | None, at: datetime) -> Bearer:
    """country: best guess of that of the plate which passed; it decides among several, and only then.

    Where registers tell several of one country for one moment, who got the plate last bears it, of equals the first:
    the record itself stands before the others that it tells of.
    """
    second = second_of(at, 0)
    then = [one for one in held if one.since <= second < one.until]
    if len({one.country for one in then}) > 1:
        then = [one for one in then if one.country == country]
        if not then:
            return UNDECIDED
    return max(then, key=lambda one: one.since).bearer if then else NOBODY
