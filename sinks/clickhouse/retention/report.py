"""What the store holds of the past, table by table, against what it may hold: the controller's page."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.controllers import POLICE, Controller
from sinks.clickhouse.retention.holds import UNTIL_RELEASED, Hold, Holds
from sinks.clickhouse.retention.rules import LATE_AT_MOST, Kept, Rule, Term
from sinks.evidence_retention import PicturesDue

__all__ = ["HoldsState", "NextDrop", "RetentionReport", "TableState", "as_json", "due_partitions", "look"]

SPARE = timedelta(days=4)
"""Months differ in length: what may be due is looked for this much beyond the plain reckoning."""
_TTL = re.compile(r" TTL (.*?)(?: SETTINGS |$)")
_TABLES = """SELECT name, create_table_query, engine_full, ifNull(total_rows, 0), ifNull(total_bytes, 0)
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND NOT startsWith(name, '.') ORDER BY name"""
_PARTITIONS = """SELECT table, min(partition_id) FROM system.parts
WHERE database = currentDatabase() AND active AND rows > 0 GROUP BY table"""
_OLDEST = "SELECT n, {moment}, {due} FROM (SELECT count() AS n, min({moment}) AS {moment} FROM {table} {where})"
_DUE = "SELECT count() FROM {table} WHERE {narrow} AND {only} AND {due} <= {{now:DateTime64(3, 'UTC')}}"
_DUE_PARTITIONS = (
    "SELECT DISTINCT _partition_id FROM {table} "
    "WHERE {narrow} AND {only} AND {due} <= {{now:DateTime64(3, 'UTC')}} ORDER BY 1"
)
_PART_LOG = """SELECT table, max(event_time) FROM system.part_log
WHERE database = currentDatabase() AND merge_reason IN ('TTLDeleteMerge', 'TTLDropMerge') GROUP BY table"""
_HAS_PART_LOG = "SELECT count() FROM system.tables WHERE database = 'system' AND name = 'part_log'"
_APPLIED = "SELECT max(at) FROM audit WHERE action = 'retention_applied'"
State = Literal["ok", "due", "late", "no rule", "no end", "other end"]


@dataclass(frozen=True, slots=True)
class TableState:
    """One table, or one column whose values go before their rows."""

    table: str
    """`table` or `table.column`."""
    about: str
    """Class of data."""
    ttl: str
    """In force in the database; empty: none."""
    state: State
    """`due`: rows are past their term, and go within a day; `late`: they should be gone; `no end`: it has a rule and
    no TTL; `other end`: a TTL that is not the rule's; `no rule`: nobody thought of it."""
    rows: int
    bytes: int
    oldest: datetime | None = None
    rows_past_due: int = 0
    past_due_since: datetime | None = None
    """When the first of these was due."""
    next_due: datetime | None = None
    """When the oldest row has to go; None: no row."""
    oldest_partition: str = ""
    """Month; empty: not by month."""
    partition_gone: datetime | None = None
    """When the last row that this month may hold is due: its files go."""
    last_expiry: datetime | None = None
    """Last merge that let rows go, from `system.part_log`; None: the store keeps no such log, or there was none."""
    term: str = ""
    """How long it is kept; empty: without an end."""
    aged: bool = True
    """Whether its rows have a moment that says how old they are."""


@dataclass(frozen=True, slots=True)
class HoldsState:
    """What cases hold."""

    active: int
    released: int
    rows: int
    rows_past_year: int
    """Kept only because they are held."""
    rows_missing: int
    """Covered by a hold and not copied: `--apply` copies them before anything goes."""
    rows_of_released: int
    """Of a release that was interrupted: `--apply` deletes them."""


@dataclass(frozen=True, slots=True)
class NextDrop:
    """The row that goes next."""

    table: str
    at: datetime
    """When it is due: in the past where it should be gone, and goes with the next merge."""


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """The whole page."""

    at: datetime
    tables: tuple[TableState, ...]
    holds: HoldsState
    last_applied: datetime | None
    """When `--apply` was last recorded in the audit."""
    part_log: bool
    """False: this store keeps no log of its merges (the embedded one does not)."""
    pictures: PicturesDue | None = None
    """None: not looked at."""

    @property
    def oldest(self) -> dict[str, datetime | date | None]:
        """The oldest row of each table that has ages, and the oldest day with a picture; None: there is none."""
        found: dict[str, datetime | date | None] = {table.table: table.oldest for table in self.tables if table.aged}
        return found | ({"pictures": self.pictures.oldest_day} if self.pictures else {})

    @property
    def next_drop(self) -> NextDrop | None:
        """What goes next, and when; None: nothing that is stored has a term."""
        coming = [NextDrop(table.table, table.next_due) for table in self.tables if table.next_due]
        return min(coming, key=lambda one: one.at, default=None)

    @property
    def in_order(self) -> bool:
        """Nothing is late, nothing lacks its rule, every hold is whole."""
        tables = all(table.state in ("ok", "due") for table in self.tables)
        pictures = self.pictures is None or not self.pictures.late
        return tables and pictures and not self.holds.rows_missing and not self.holds.rows_of_released


def look(client: Client, holds: Holds | None, now: datetime, controller: Controller = POLICE) -> RetentionReport:
    """The state of all tables at `now`. Reads no more than each table's oldest partitions, and what is to be cleared.

    holds: None where nothing is held.
    """
    partitions = {str(table): str(first) for table, first in client.query(_PARTITIONS).result_rows}
    expired, part_log = _expiries(client)
    tables = []
    for name, definition, engine, rows, size in client.query(_TABLES).result_rows:
        found = _TTL.search(engine)
        seen = TableState(name, "", found[1] if found else "", "ok", int(rows), int(size))
        own = [rule for rule in controller.rules if rule.table == name]
        for rule in own:
            named = replace(seen, table=rule.name, ttl=_column_ttl(definition, rule) if rule.column else seen.ttl)
            state = _table(client, named, rule, now, partitions.get(name, ""))
            tables.append(replace(state, last_expiry=expired.get(name)))
        if not own:
            tables.append(_kept(client, seen, controller.kept.get(name)))
    applied = _moment(client.query(_APPLIED).result_rows[0][0])
    return RetentionReport(now, tuple(tables), _holds(holds), applied, part_log)


def _table(client: Client, seen: TableState, rule: Rule, now: datetime, partition: str) -> TableState:
    seen = replace(seen, about=rule.about, term=str(rule.term), state=_state_of_ttl(rule, seen.ttl))
    rows, oldest, oldest_due = client.query(_fill(_OLDEST, rule)).result_rows[0]
    if rule.column:
        seen = replace(seen, rows=int(rows), bytes=0)
    if not rows:
        return seen
    due = int(client.query(_fill(_DUE, rule), parameters=_when(rule, now)).result_rows[0][0])
    since = _moment(oldest_due) if due else None
    month = partition if re.fullmatch(r"\d{6}", partition) and not rule.column else ""
    return replace(
        seen,
        oldest=_moment(oldest),
        rows_past_due=due,
        past_due_since=since,
        next_due=_moment(oldest_due),
        oldest_partition=month,
        partition_gone=_end_of_month(month, rule.term) if month else None,
        state=_worse(seen.state, since, now),
    )


def _column_ttl(definition: str, rule: Rule) -> str:
    """TTL of a column out of the statement that makes its table; empty: none."""
    _before, _name, after = definition.partition(f"`{rule.column}` ")
    own = re.split(r", `|, INDEX |\) ENGINE", after, maxsplit=1)[0]
    return own.partition(" TTL ")[2]


def _kept(client: Client, seen: TableState, kept: Kept | None) -> TableState:
    """A table without a rule: one that may stay, or one that nobody thought of."""
    if kept is None:
        return replace(seen, state="no rule")
    oldest = None
    if kept.moment:
        oldest = _moment(client.query(f"SELECT min({kept.moment}) FROM {kept.table}").result_rows[0][0])
    return replace(seen, about=kept.about, oldest=oldest, aged=bool(kept.moment))


def _state_of_ttl(rule: Rule, ttl: str) -> State:
    if not ttl:
        return "no end"
    return "ok" if _bare(ttl) == _bare(rule.ttl or rule.due) else "other end"


def _bare(expression: str) -> str:
    """Without blanks and brackets, which the engine puts differently from version to version."""
    return re.sub(r"[\s()]", "", expression)


def _worse(state: State, due_since: datetime | None, now: datetime) -> State:
    if state != "ok" or due_since is None:
        return state
    return "late" if now - due_since > LATE_AT_MOST else "due"


def due_partitions(client: Client, rule: Rule, now: datetime) -> list[str]:
    """Partitions of a table that hold rows past due at `now`, oldest first."""
    rows = client.query(_fill(_DUE_PARTITIONS, rule), parameters=_when(rule, now)).result_rows
    return [str(row[0]) for row in rows]


def _fill(text: str, rule: Rule) -> str:
    """A query on the table of a rule: the words come from `RULES`, values are bound."""
    where = f"WHERE {rule.only}" if rule.only else ""
    words = {"moment": rule.moment, "due": rule.due, "narrow": rule.narrow, "only": rule.only or "1", "where": where}
    return text.format(table=rule.table, **words)


def _when(rule: Rule, now: datetime) -> dict[str, Any]:
    return {"now": now, "soon": rule.term.before(now) + SPARE}


def _moment(value: Any) -> datetime | None:
    """An aware time of what the store gives: a time, a day, or the beginning of 1970 or `UNTIL_RELEASED` for none."""
    if value is None or value.year == 1970 or value.year >= UNTIL_RELEASED.year:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def _end_of_month(partition: str, term: Term) -> datetime:
    """When the last moment of this month is due."""
    year, month = int(partition[:4]), int(partition[4:])
    ends = datetime(year, month, calendar.monthrange(year, month)[1], 23, 59, 59, tzinfo=UTC)
    years, month0 = divmod(month - 1 + term.months, 12)
    last = calendar.monthrange(year + years, month0 + 1)[1]
    return ends.replace(year=year + years, month=month0 + 1, day=min(ends.day, last)) + timedelta(days=term.days)


def _expiries(client: Client) -> tuple[dict[str, datetime | None], bool]:
    """Last merge by TTL of each table, and whether the store logs that at all."""
    if not client.query(_HAS_PART_LOG).result_rows[0][0]:
        return {}, False
    return {name: _moment(at) for name, at in client.query(_PART_LOG).result_rows}, True


def _holds(holds: Holds | None) -> HoldsState:
    if holds is None:
        return HoldsState(0, 0, 0, 0, 0, 0)
    every = holds.list()
    active = [hold for hold in every if hold.active]

    def total(of: str, among: list[Hold]) -> int:
        return sum(getattr(hold, of) for hold in among)

    return HoldsState(
        active=len(active),
        released=len(every) - len(active),
        rows=total("rows", active),
        rows_past_year=total("rows_past_year", active),
        rows_missing=sum(map(holds.missing, active)),
        rows_of_released=holds.released_rows(),
    )


def as_json(report: RetentionReport) -> dict[str, Any]:
    """The report as JSON values; moments in RFC 3339."""
    content: dict[str, Any] = _plain(asdict(report))
    drop = report.next_drop
    head = {"in_order": report.in_order, "oldest": report.oldest, "next_drop": asdict(drop) if drop else None}
    return {**_plain(head), **content}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
