"""Spans of whole days, written as ISO 8601 intervals whose last day counts: `2025-01-01/2026-12-31`, `2026-01-01/..`.

Two of them, street and law book, make a box in the plane of law.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["ALWAYS", "Box", "Period", "PeriodFault", "add_months", "uncovered"]

_WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2}|\.\.)/(\d{4}-\d{2}-\d{2}|\.\.)")
_DAY = timedelta(days=1)


class PeriodFault(ValueError):
    """A text that is no period; the message says why."""


@dataclass(frozen=True, slots=True)
class Period:
    """From a day to a day, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        first = ".." if self.first == date.min else self.first.isoformat()
        return f"{first}/{'..' if self.open else self.last.isoformat()}"

    @property
    def open(self) -> bool:
        """True: it has no end."""
        return self.last == date.max

    def overlaps(self, other: Period) -> bool:
        """Whether a day is in both."""
        return self.first <= other.last and other.first <= self.last

    @staticmethod
    def parse(text: str) -> Period:
        """Raises PeriodFault."""
        found = _WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            raise PeriodFault(f"{text!r} is no period: write 2025-01-01/2026-12-31, or .. for an open end")
        try:
            first = date.min if found[1] == ".." else date.fromisoformat(found[1])
            last = date.max if found[2] == ".." else date.fromisoformat(found[2])
        except ValueError as error:
            raise PeriodFault(f"{text}: {error}") from error
        if last < first:
            raise PeriodFault(f"{text} ends before it begins")
        return Period(first, last)


ALWAYS = Period(date.min, date.max)


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of the plane of law: when a rule applies in the street, and when that was so in the law book."""

    valid: Period
    known: Period

    def overlaps(self, other: Box) -> bool:
        """Whether both speak of one day as known on one day."""
        return self.valid.overlaps(other.valid) and self.known.overlaps(other.known)

    def holds(self, day: date, known: date) -> bool:
        """Whether it speaks of a day as known on another."""
        return day in self.valid and known in self.known


def uncovered(boxes: Sequence[Box], whole: Box) -> Box | None:
    """A part of `whole` that none of the boxes speaks of; None: all is told."""
    for valid in _pieces((box.valid for box in boxes), whole.valid):
        for known in _pieces((box.known for box in boxes), whole.known):
            if not any(box.holds(valid.first, known.first) for box in boxes):
                return Box(valid, known)
    return None


def _pieces(periods: Iterable[Period], whole: Period) -> Iterator[Period]:
    """`whole` cut wherever one of the periods begins or ends."""
    cuts = {whole.first}
    for period in periods:
        cuts.add(max(period.first, whole.first))
        if period.last < whole.last:
            cuts.add(period.last + _DAY)
    starts = sorted(cut for cut in cuts if cut in whole)
    ends = [start - _DAY for start in starts[1:]]
    return (Period(first, last) for first, last in zip(starts, [*ends, whole.last], strict=True))


def add_months(day: date, months: int) -> date:
    """The same day of a later month; that month's last day where it has no such day. Stays within the calendar."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    after = date(year + (month == 11), (month + 1) % 12 + 1, 1) if (year, month) != (9999, 11) else None
    last = (after - _DAY).day if after else 31
    return date(year, month + 1, min(day.day, last))
