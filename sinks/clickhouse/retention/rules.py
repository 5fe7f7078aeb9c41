"""How long each table of the police keeps its rows. They delete by their own TTL (migrations); this is what they are
held to. `lez/rules.py` has those of the low-emission zones.

The report compares both, so a table whose TTL was lifted by hand shows, and so does one that nobody thought of.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["KEPT", "LATE_AT_MOST", "RULES", "YEAR", "Kept", "Rule", "Term", "months_before"]

LATE_AT_MOST = timedelta(hours=24)
"""Rows go within this time after they are due: TTL merges come at least every 12 hours (merge_with_ttl_timeout)."""


@dataclass(frozen=True, slots=True)
class Term:
    """A time by the calendar: months first, then days."""

    months: int = 0
    days: int = 0

    def before(self, moment: datetime) -> datetime:
        """What happened by then is due at `moment`."""
        return months_before(moment - timedelta(days=self.days), self.months)

    def __str__(self) -> str:
        """`10 years`, `13 months`, `12 months 1 day`."""
        years = self.months > 12 and not self.months % 12
        parts = (self.months // 12, "year") if years else (self.months, "month"), (self.days, "day")
        return " ".join(f"{count} {unit}{'s' * (count != 1)}" for count, unit in parts if count)


YEAR = Term(months=12)
"""Art. 44/11/3decies WPA: data of ANPR cameras for twelve months at most; a case keeps its own."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One table and the time that its rows may stay."""

    table: str
    about: str
    """Class of data, for people: what the rows tell about whom."""
    moment: str
    """Column whose age counts."""
    term: Term
    due: str
    """When a row is due, as the TTL of its table says it."""
    narrow: str
    """Of what may be due by `{soon}`, in a form that leaves out whole partitions."""
    column: str = ""
    """What goes is the value in this column, and the row stays; empty: the row goes."""
    only: str = ""
    """Rows that it is about, while they have the value; empty: all."""
    ttl: str = ""
    """As the TTL says it, where that tells rows apart; empty: as `due`."""

    @property
    def name(self) -> str:
        """`table`, or `table.column`."""
        return f"{self.table}.{self.column}" if self.column else self.table


@dataclass(frozen=True, slots=True)
class Kept:
    """One table without an end."""

    table: str
    about: str
    """What it tells, and why it may stay."""
    moment: str = ""
    """Column that tells its age; empty: it has none."""


def _by(table: str, about: str, moment: str, term: Term = YEAR) -> Rule:
    """The usual: by a moment, in partitions of that moment."""
    due = f"toDateTime({moment}) + toIntervalMonth({term.months})"
    return Rule(table, about, moment, term, due, f"{moment} < {{soon:DateTime64(3, 'UTC')}}")


RULES: tuple[Rule, ...] = (
    _by("passages", "plates and places", "captured_at"),
    _by("passages_by_camera", "plates and places", "captured_at"),
    Rule(
        "plates",
        "plates and days",
        "last_day",
        Term(months=12, days=1),
        "last_day + toIntervalMonth(12) + toIntervalDay(1)",
        "month <= toYYYYMM({soon:DateTime64(3, 'UTC')})",
    ),
    _by("reads", "plates and places", "captured_at"),
    _by("hits", "plates, places and lists", "captured_at"),
    _by("lez_verdicts", "plates, places and offences", "captured_at"),
    _by("anomalies", "plates", "observed_at"),
    Rule(
        "hotlist_entries",
        "listed plates, after they are removed or no longer valid",
        "ends_at",
        YEAR,
        "toDateTime(ends_at) + toIntervalMonth(12)",
        "ends_at < {soon:DateTime64(3, 'UTC')}",
    ),
    _by("dead_letters", "messages as they came", "failed_at", Term(months=1)),
    _by("cases", "plates and what was done", "opened_at", Term(months=36)),
    Rule(
        "camera_minutes",
        "counts of vehicles",
        "minute",
        Term(months=36),
        "minute + toIntervalMonth(36)",
        "minute < {soon:DateTime64(3, 'UTC')}",
    ),
    _by("camera_health", "counts of vehicles", "hour_from", Term(months=36)),
    Rule(
        "travel",
        "counts of journeys",
        "day",
        Term(months=13),
        "day + toIntervalMonth(13)",
        "day < toDate({soon:DateTime64(3, 'UTC')})",
    ),
    Rule(
        "learnt_days",
        "days of these counts",
        "day",
        Term(months=13),
        "day + toIntervalMonth(13)",
        "day < toDate({soon:DateTime64(3, 'UTC')})",
    ),
    Rule(
        "patrols",
        "last places of patrols",
        "at",
        Term(days=2),
        "toDateTime(at) + toIntervalDay(2)",
        "at < {soon:DateTime64(3, 'UTC')}",
    ),
    Rule(
        "searches",
        "who looked for what",
        "created_at",
        Term(months=120),
        "toDateTime(created_at) + toIntervalYear(10)",
        "created_at < {soon:DateTime64(3, 'UTC')}",
    ),
    Rule(
        "audit",
        "who did what",
        "at",
        Term(months=120),
        "toDateTime(at) + toIntervalYear(10)",
        "at < {soon:DateTime64(3, 'UTC')}",
    ),
    Rule(
        "holds",
        "what cases hold and held",
        "released_at",
        Term(months=120),
        "toDateTime(released_at) + toIntervalYear(10)",
        "released_at < {soon:DateTime64(3, 'UTC')}",
    ),
)
KEPT: dict[str, Kept] = {
    kept.table: kept
    for kept in (
        Kept("held_passages", "plates and places, until the case releases its hold", "captured_at"),
        Kept("audit_heads", "where each audit chain ends"),
        Kept("cameras", "no person"),
        Kept("officers", "who may search; an ended registration explains old searches", "registered_at"),
        Kept("subscribers", "programs that are told hits; an ended one explains old deliveries", "registered_at"),
        Kept("access_decisions", "what old searches rest on", "recorded_at"),
        Kept("purposes", "no person"),
        Kept("schema_migrations", "no person"),
    )
}
"""Tables without an end."""


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time so many months earlier; the month's last day where it has no such day.

    As ClickHouse's `- toIntervalMonth(…)` reckons.
    """
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
