"""Terms of the zones' database: they are what the tables do; of what led to nothing nobody can be told any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import start_store
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.lez.rules import CLEARED, KEPT, RULES
from sinks.clickhouse.migrate import make_database, migrate
from sinks.clickhouse.retention.apply import apply
from sinks.clickhouse.retention.report import RetentionReport, TableState, look
from tests.sinks.lez.verdicts import messages, verdict
from tests.sinks.rows import Sink

pytestmark = pytest.mark.slow

NOTHING = ("compliant", "exempt", "pass", "not_applicable")
SOMETHING = ("non_compliant", "unregistered", "unknown")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A database of this file's own: the report looks at all that there is."""
    store = start_store(tmp_path_factory.mktemp("store"))
    client = make_database(store.lez_dsn)
    migrate(client, controller=LEZ)
    yield client
    client.close()
    store.stop()


def _look(client: Client) -> RetentionReport:
    return look(client, None, datetime.now(UTC), LEZ)


def _state(client: Client, name: str) -> TableState:
    return next(one for one in _look(client).tables if one.table == name)


def _ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def _store(client: Client, zone: str, days: float, **more: object) -> None:
    sink = Sink(client, log=f"cluster/{zone}-{days}", controller=LEZ)
    told = [verdict(zone, verdict=kind, captured_at=_ago(days), **more) for kind in (*NOTHING, *SOMETHING)]
    assert sink.store(messages("lez-verdicts", *told))[1] == []


def test_every_table_has_a_rule_or_a_reason_to_stay_and_does_what_it_says(own: Client) -> None:
    assert {one.table: one.state for one in _look(own).tables} == dict.fromkeys(
        [*(rule.name for rule in RULES), *KEPT], "ok"
    )


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("MODIFY COLUMN plate REMOVE TTL", "no end"),
        ("MODIFY COLUMN plate String TTL toDateTime(captured_at) + INTERVAL 900 DAY", "other end"),
    ],
)
def test_a_plate_that_would_stay_longer_shows(own: Client, change: str, state: str) -> None:
    text = own.query("SELECT create_table_query FROM system.tables WHERE name = 'verdicts'").result_rows[0][0]
    ttl = text.partition("`plate` ")[2].partition(" TTL ")[2].partition(", `camera_id`")[0]
    own.command(f"ALTER TABLE verdicts {change}")
    try:
        report = _look(own)
        assert {one.table: one.state for one in report.tables if one.state != "ok"} == {"verdicts.plate": state}
        assert not report.in_order
    finally:
        own.command(f"ALTER TABLE verdicts MODIFY COLUMN plate String TTL {ttl}")
    assert _state(own, "verdicts.plate").state == "ok"


def test_of_what_led_to_nothing_the_plate_goes_and_the_row_stays(own: Client) -> None:
    _store(own, "brussels", CLEARED.days + 20)
    _store(own, "brussels", CLEARED.days + 20.5, withdrawn=True)
    _store(own, "brussels", CLEARED.days - 20)
    before = _state(own, "verdicts_last.plate")
    applied = apply(own, None, datetime.now(UTC), lambda *_: None, LEZ)
    assert before.state in ("late", "ok"), "a merge may have come before us"
    assert applied.rows_copied == 0
    for table in ("verdicts", "verdicts_last"):
        rows = own.query(
            f"SELECT verdict, withdrawn, captured_at < now() - INTERVAL 90 DAY, count(), countIf(plate = ''), "
            f"countIf(passage_id = toUUID('00000000-0000-0000-0000-000000000000')) FROM {table} GROUP BY 1, 2, 3"
        ).result_rows
        assert len(rows) == 21
        for kind, withdrawn, old, count, without_plate, without_passage in rows:
            cleared = int(old and (withdrawn or kind in NOTHING))
            assert (count, without_plate, without_passage) == (1, cleared, cleared), (table, kind, withdrawn, old)
    assert _state(own, "verdicts_last.plate").rows_past_due == 0
    assert _look(own).in_order


def test_what_is_past_its_term_goes(own: Client) -> None:
    _store(own, "ghent", 740)
    apply(own, None, datetime.now(UTC), lambda *_: None, LEZ)
    for table in ("verdicts", "verdicts_last"):
        assert own.command(f"SELECT count() FROM {table} WHERE zone = 'ghent'") == 0


def test_a_table_that_nobody_thought_of_shows(own: Client) -> None:
    own.command("CREATE TABLE diary (note String) ENGINE = MergeTree ORDER BY note")
    try:
        assert [one.table for one in _look(own).tables if one.state == "no rule"] == ["diary"]
    finally:
        own.command("DROP TABLE diary SYNC")
