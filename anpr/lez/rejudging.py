"""A zone's verdicts taken again, as known at one moment: first what would change, then, if wanted, the revisions.

One local day after another, so that years need no more memory than a day's passes and notices, and eight bytes for each
vehicle that a change is about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from anpr.lez.desk import Asked, Desk, utc_now
from anpr.lez.difference import Change, Digest, Standing, Survey
from pipeline.lez.book import LawBook
from pipeline.lez.rejudgement import Rejudge
from pipeline.lez.rights import Rights
from schemas.lez import LezPass, LezPermits, LezVerdict
from sinks.clickhouse.lez.queries.rejudging import all_permits, notices_of_day, passes_of_days, verdicts_of_day
from sinks.clickhouse.lez.searches import LezSearchRequest

__all__ = ["Order", "Rejudging"]

RENEWED_AFTER = timedelta(minutes=8)
"""A recorded search opens the store for a quarter of an hour, and a day is read in much less."""
DAY = timedelta(days=1)
Tell = Callable[[str, int, int], None]
"""What is done, days done, days in all."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be judged anew, and why."""

    law: LawBook
    first: date
    last: date
    """Local days of passages, the last one included."""
    known_at: datetime
    reason: str

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def span(self, first: date, last: date) -> tuple[datetime, datetime]:
        """From the midnight that begins one local day to the one that ends another, UTC."""
        return self.law.end_of(first - DAY), self.law.end_of(last)


class Rejudging:
    """Carries out an order on the zones' database: first `survey`, then `revisions`."""

    def __init__(self, desk: Desk, order: Order) -> None:
        self._desk, self.order = desk, order
        self._rejudge = Rejudge(order.law, order.known_at)
        self._asked: Asked | None = None
        self._asked_at = utc_now()
        self._shown = 0
        self._permits: dict[str, LezPermits] | None = None

    def survey(self, tell: Tell) -> Survey:
        """All that would change. Nothing is sent. Raises SearchRefused."""
        found, digest = Survey(), Digest()
        for day in self._days("judging anew", tell):
            standing = Standing(notices_of_day(self._desk.client, self.search().search, self._zone, day))
            for before, after in self._of_day(day):
                found.looked_at += 1
                if after is not None and self._count(found, before, after):
                    digest.add(after)
                    standing.changes(after)
                else:
                    standing.stays(before)
            standing.sum_up(found)
        found.digest = digest.text
        return found

    def revisions(self, tell: Tell) -> Iterator[LezVerdict]:
        """All that can be published, in order of time."""
        for day in self._days("publishing", tell):
            for before, after in self._of_day(day):
                if after is not None and self._is_sendable(before):
                    yield after

    def search(self) -> Asked:
        """The recorded search that opens what is read now; recorded again before it ends."""
        if self._asked is None or utc_now() - self._asked_at > RENEWED_AFTER:
            self.close()
            since, until = self.order.span(self.order.first, self.order.last)
            self._asked_at = utc_now()
            self._asked = self._desk.open(
                LezSearchRequest(
                    reason=self.order.reason,
                    officer=self._desk.officer,
                    purpose="rejudgement",
                    captured_from=since,
                    captured_until=until,
                    zone=self._zone,
                    role="administrator",
                )
            )
        return self._asked

    def close(self) -> None:
        """Record how many verdicts were read."""
        if self._asked is not None:
            self._desk.shown(self._asked, "rejudgement", self._shown)
        self._asked, self._shown = None, 0

    @property
    def _zone(self) -> str:
        return self.order.law.zone

    def _days(self, what: str, tell: Tell) -> Iterator[date]:
        for done in range(self.order.days):
            tell(what, done, self.order.days)
            yield self.order.first + done * DAY
        tell(what, self.order.days, self.order.days)
        self.close()

    def _of_day(self, day: date) -> Iterator[tuple[LezVerdict, LezVerdict | None]]:
        """Verdicts as they stand, and as they are now; None: the same."""
        rights = self._rights_of(day)
        since, until = self.order.span(day, day)
        found = verdicts_of_day(self._desk.client, self.search().search, self._zone, since, until)
        for verdict in found:
            self._shown += 1
            yield verdict, self._rejudge.change(verdict, lambda verdict=verdict: rights(verdict))  # type: ignore[misc]

    def _rights_of(self, day: date) -> Callable[[LezVerdict], Rights]:
        """Passes and permits of a vehicle, for a passage on that day."""
        client, search = self._desk.client, self.search().search
        passes: defaultdict[str, list[LezPass]] = defaultdict(list)
        for bought in passes_of_days(client, search, self._zone, (day - DAY, day)):
            passes[bought.plate].append(bought)
        if self._permits is None:
            self._permits = {granted.plate: granted for granted in all_permits(client, search)}
        permits = self._permits

        def rights(verdict: LezVerdict) -> Rights:
            granted = permits.get(verdict.plate)
            own = granted is not None and verdict.country in (None, granted.country)
            return Rights(tuple(passes.get(verdict.plate, ())), granted.permits if granted is not None and own else ())

        return rights

    def _is_sendable(self, before: LezVerdict) -> bool:
        return bool(before.plate) and before.known_at < self.order.known_at

    def _count(self, found: Survey, before: LezVerdict, after: LezVerdict) -> bool:
        """Whether it can be published."""
        tally = found.changes[Change(before.verdict, before.action, after.verdict, after.action)]
        tally.verdicts += 1
        tally.unverified += after.unverified
        if before.plate:
            tally.vehicles.add(hash(before.plate))
            tally.known_later += before.known_at >= self.order.known_at
        else:
            tally.nameless += 1
        return self._is_sendable(before)
