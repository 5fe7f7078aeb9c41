"""The rules are what the tables do, and no table is without one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given
from hypothesis import strategies as st

from sinks.clickhouse.retention.holds import Holds
from sinks.clickhouse.retention.report import SPARE, look
from sinks.clickhouse.retention.rules import KEPT, RULES, YEAR, Rule, Term, months_before

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def test_every_table_has_a_rule_or_a_reason_to_stay(client: Client, holds: Holds) -> None:
    found = {table.table: table.state for table in look(client, holds, datetime.now(UTC)).tables}
    assert found == dict.fromkeys([*(rule.table for rule in RULES), *KEPT], "ok")


def test_a_table_that_nobody_thought_of_shows(client: Client, holds: Holds) -> None:
    client.command("CREATE TABLE diary (note String) ENGINE = MergeTree ORDER BY note")
    try:
        report = look(client, holds, datetime.now(UTC))
        assert [table.table for table in report.tables if table.state == "no rule"] == ["diary"]
        assert not report.in_order
    finally:
        client.command("DROP TABLE diary SYNC")


@pytest.mark.parametrize(
    ("change", "state"), [("REMOVE TTL", "no end"), ("MODIFY TTL toDateTime(at) + INTERVAL 3 DAY", "other end")]
)
def test_a_term_that_was_changed_by_hand_shows(client: Client, holds: Holds, change: str, state: str) -> None:
    client.command(f"ALTER TABLE patrols {change}")
    try:
        report = look(client, holds, datetime.now(UTC))
        assert {table.table: table.state for table in report.tables if table.state != "ok"} == {"patrols": state}
        assert not report.in_order
    finally:
        client.command("ALTER TABLE patrols MODIFY TTL toDateTime(at) + INTERVAL 2 DAY")


@given(
    st.integers(1_577_836_800, 1_924_905_600).map(lambda unix_s: datetime.fromtimestamp(unix_s, UTC)),
    st.sampled_from([1, 12, 13, 36, 120]),
)
def test_months_are_reckoned_as_the_engine_reckons_them(filled: Client, moment: datetime, months: int) -> None:
    engine = filled.query(
        "SELECT {at:DateTime('UTC')} - toIntervalMonth({months:Int32})", parameters={"at": moment, "months": months}
    ).result_rows[0][0]
    assert months_before(moment, months) == engine.astimezone(UTC)


def test_the_end_of_february_is_a_year_before_the_end_of_february() -> None:
    assert YEAR.before(datetime(2028, 2, 29, 12, tzinfo=UTC)) == datetime(2027, 2, 28, 12, tzinfo=UTC)
    assert Term(months=1, days=1).before(datetime(2026, 3, 31, tzinfo=UTC)) == datetime(2026, 2, 28, tzinfo=UTC)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.table)
def test_what_narrows_leaves_out_nothing_that_is_due(filled: Client, rule: Rule) -> None:
    """Each rule's `narrow` is there to skip partitions: it must hold for every moment whose `due` has come."""
    kind = filled.query(f"SELECT toTypeName(any({rule.moment})) FROM {rule.table}").result_rows[0][0]
    due, narrowed = filled.query(
        f"""SELECT countIf({rule.due} <= {{now:DateTime64(3, 'UTC')}}),
            countIf({rule.due} <= {{now:DateTime64(3, 'UTC')}} AND {rule.narrow})
        FROM (SELECT CAST(at AS {kind}) AS {rule.moment}, toYYYYMM(at) AS month
            FROM (SELECT {{now:DateTime64(3, 'UTC')}} - toIntervalHour(number * 7) AS at FROM numbers(20000)))""",
        parameters={"now": NOW, "soon": rule.term.before(NOW) + SPARE},
    ).result_rows[0]
    assert due == narrowed > 100
