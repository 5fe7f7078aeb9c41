"""Local days of many moments: what the clocks of a zone say is asked once an hour, not once a passage."""

from __future__ import annotations

from datetime import UTC, date, datetime

from pipeline.lez.book import LawBook

__all__ = ["LocalDays"]

MOST_HOURS = 10_000


class LocalDays:
    """`LawBook.local_day`, five times as fast for moments in UTC of the same hours."""

    def __init__(self, law: LawBook) -> None:
        self._law = law
        self._by_hour: dict[int, date] = {}

    def of(self, moment: datetime) -> date:
        """Day on the zone's clocks."""
        if moment.tzinfo is not UTC:
            return self._law.local_day(moment)
        day = self._by_hour.get(moment.toordinal() * 24 + moment.hour)
        return self._looked_up(moment) if day is None else day

    def _looked_up(self, moment: datetime) -> date:
        if self.hour_of(moment) is not None:
            if len(self._by_hour) >= MOST_HOURS:
                self._by_hour.clear()
            self._by_hour[moment.toordinal() * 24 + moment.hour] = self._law.local_day(moment)
        return self._law.local_day(moment)

    def hour_of(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """The hour in which it lies, UTC: begin, and end before which. None where that is not all of one local day.

        So it is where the clocks are half an hour off, around midnight.
        """
        if moment.tzinfo is not UTC:
            return None
        first, last = moment.replace(minute=0, second=0, microsecond=0), moment.replace(minute=59, second=59)
        if self._law.local_day(first) != self._law.local_day(last):
            return None
        return first, first.replace(minute=59, second=59, microsecond=999_999)
