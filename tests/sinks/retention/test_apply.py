"""What is left after twelve months: what is younger, what a case holds, and nothing else. On the real tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sinks.clickhouse.retention.apply import Applied, apply
from sinks.clickhouse.retention.holds import Hold, Holds, keeps
from sinks.clickhouse.retention.report import due_partitions, look
from sinks.clickhouse.retention.rules import RULES, YEAR
from tests.sinks.queries.facts import Fact, store_facts
from tests.sinks.retention.conftest import empty
from tests.sinks.retention.known import Row, aged, kept, place, some_months_ago, store, stored

pytestmark = pytest.mark.slow

PLATES, CAMERAS = ("1AAA111", "1AAA222", "1AAA333"), ("gate-1", "gate-2")
OVER, UNDER = (0.01, 1.0, 20.0, 80.0), (-0.2, -1.0, -30.0, -200.0)
"""Ages in days beyond twelve months; the youngest that is over is a quarter of an hour over."""


@contextmanager
def no_merges(client: Client) -> Iterator[None]:
    """Time stands still for the tables: what is past its term lies there until `apply` is asked."""
    client.command("SYSTEM STOP TTL MERGES")
    try:
        yield
    finally:
        client.command("SYSTEM START TTL MERGES")


def _apply(client: Client) -> Applied:
    return apply(client, some_months_ago(client, 0), datetime.now(UTC), lambda *_: None)


def _due(client: Client) -> set[str]:
    """Tables that have something to let go."""
    return {rule.table for rule in RULES if due_partitions(client, rule, datetime.now(UTC))}


@dataclass(frozen=True)
class Placed:
    """A hold that somebody placed three months ago."""

    plates: tuple[str, ...]
    cameras: tuple[str, ...]
    since: float | None
    """Days beyond twelve months."""
    late: bool
    """Placed after the passages came in."""
    released: bool


_ROWS = st.lists(
    st.tuples(st.sampled_from(PLATES), st.sampled_from(CAMERAS), st.sampled_from(OVER + UNDER)), max_size=14
)
_HOLDS = st.lists(
    st.builds(
        Placed,
        plates=st.sets(st.sampled_from(PLATES), min_size=1, max_size=2).map(lambda s: tuple(sorted(s))),
        cameras=st.sets(st.sampled_from(CAMERAS), max_size=1).map(tuple),
        since=st.sampled_from([None, 50.0, 0.5, -10.0]),
        late=st.booleans(),
        released=st.booleans(),
    ),
    max_size=3,
)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ages=_ROWS, asked=_HOLDS)
def test_what_stays_is_what_is_younger_and_what_is_held(
    filled: Client, ages: list[tuple[str, str, float]], asked: list[Placed]
) -> None:
    empty(filled)
    rows = {(plate, camera, aged(days)) for plate, camera, days in ages}
    with no_merges(filled):
        placed = _with_holds(filled, rows, asked)
    _apply(filled)

    young = {row for row in rows if row[2] > YEAR.before(datetime.now(UTC))}
    assert stored(filled) == stored(filled, "passages_by_camera") == young
    for hold, plan in placed:
        covered = {row for row in rows if keeps(hold, *row)} if not plan.released else set()
        assert kept(filled, hold.hold_id) == covered
    assert stored(filled, "held_passages") == {
        row for row in rows for hold, plan in placed if not plan.released and keeps(hold, *row)
    }
    assert _apply(filled) == Applied(0, 0, ()), "a second time there is nothing to do"


def _with_holds(client: Client, rows: set[Row], asked: list[Placed]) -> list[tuple[Hold, Placed]]:
    holds = some_months_ago(client)
    placed = [(_place(holds, plan), plan) for plan in asked if not plan.late]
    store(client, sorted(rows))
    placed += [(_place(holds, plan), plan) for plan in asked if plan.late]
    for hold, plan in placed:
        if plan.released:
            holds.release(hold.hold_id, "The court has closed the file")
    return placed


def _place(holds: Holds, plan: Placed) -> Hold:
    since = {} if plan.since is None else {"captured_from": aged(plan.since)}
    return place(holds, *plan.plates, cameras=plan.cameras, **since)


def test_what_comes_in_over_age_goes_and_is_held_if_a_hold_covers_it(client: Client, holds: Holds) -> None:
    """A camera that was off the net for a year sends what it kept."""
    hold = place(some_months_ago(client), PLATES[0])
    rows = [(PLATES[0], "gate-1", aged(30)), (PLATES[1], "gate-1", aged(30))]
    with no_merges(client):
        store(client, rows)
        assert look(client, holds, datetime.now(UTC)).in_order is False, "a month late is late"
        assert _due(client) == {"passages", "passages_by_camera", "plates"}
    _apply(client)
    assert stored(client) == set()
    assert kept(client, hold.hold_id) == {rows[0]}
    assert look(client, holds, datetime.now(UTC)).in_order


def test_a_revision_and_a_withdrawal_that_come_later_are_held_too(client: Client) -> None:
    hold = place(some_months_ago(client), PLATES[0])
    identity = hold.hold_id
    for revision, withdrawn in ((1, False), (3, True), (2, False)):
        more = {"passage_id": identity, "revision": revision, "withdrawn": withdrawn}
        store_facts(client, [Fact(PLATES[0], "gate-1", aged(10), more)])
    rows = client.query("SELECT revision, withdrawn FROM held_passages FINAL").result_rows
    assert rows == [(3, True)]
    assert some_months_ago(client, 0).get(hold.hold_id).rows == 0, "a withdrawn passage counts for nobody"


def test_plates_go_with_their_last_passage(client: Client) -> None:
    with no_merges(client):
        store(client, [(PLATES[0], "gate-1", aged(40)), (PLATES[1], "gate-1", aged(-40))])
    _apply(client)
    assert client.query("SELECT plate FROM plates").result_rows == [(PLATES[1],)]


def test_by_a_clock_that_is_behind_nothing_is_touched(client: Client, holds: Holds) -> None:
    rows = {(PLATES[0], "gate-1", aged(5))}
    with no_merges(client):
        store(client, rows)
        before = datetime.now(UTC) - timedelta(days=10)
        assert apply(client, holds, before, lambda *_: None).partitions == ()
        assert stored(client) == rows


def test_by_a_clock_that_is_ahead_nothing_goes_too_early(client: Client, holds: Holds) -> None:
    """The term is the table's, by the database's clock: a wrong clock of ours costs a merge and no row."""
    rows = {(PLATES[0], "gate-1", aged(-5))}
    store(client, rows)
    ahead = datetime.now(UTC) + timedelta(days=30)
    assert [table for table, _ in apply(client, holds, ahead, lambda *_: None).partitions][:1] == ["passages"]
    assert stored(client) == rows
    passages = next(table for table in look(client, holds, ahead).tables if table.table == "passages")
    assert (passages.rows_past_due, passages.state) == (1, "late")


def test_progress_is_told_to_the_end(client: Client, holds: Holds) -> None:
    told: list[tuple[str, int, int]] = []
    store(client, [(PLATES[0], "gate-1", aged(-5))])
    ahead = datetime.now(UTC) + timedelta(days=30)
    applied = apply(client, holds, ahead, lambda what, done, of: told.append((what, done, of)))
    named = [(f"{table} {partition}", done, 3) for done, (table, partition) in enumerate(applied.partitions)]
    assert told == [*named, ("done", 3, 3)]


FACTS = (
    ("reads", "captured_at"),
    ("hits", "captured_at"),
    ("lez_verdicts", "captured_at"),
    ("anomalies", "observed_at"),
)


@pytest.mark.parametrize(("table", "moment"), FACTS)
def test_facts_that_follow_from_passages_go_with_them(client: Client, table: str, moment: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    moments = [now - timedelta(days=age) for age in (1, 364, 368, 500)]
    with no_merges(client):
        client.insert(table, [[moment] for moment in moments], column_names=[moment])
        assert _due(client) == {table}
    _apply(client)
    rows = client.query(f"SELECT {moment} FROM {table} ORDER BY 1 DESC").result_rows
    assert [row[0] for row in rows] == moments[:2]
