"""The controller's page: what is stored since when, what goes next, what is held; and a proof that it was so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.retention.holds import Holds
from sinks.clickhouse.retention.proof import ProofBroken, check, record
from sinks.clickhouse.retention.report import RetentionReport, TableState, as_json, look
from sinks.clickhouse.retention.rules import RULES, Term
from sinks.evidence_retention import PicturesDue
from tests.sinks.retention.known import aged, place, store

pytestmark = pytest.mark.slow  # a database of its own for each test
PLATE = "1AAA111"


def _look(client: Client, holds: Holds) -> RetentionReport:
    return look(client, holds, datetime.now(UTC))


def _table(report: RetentionReport, name: str) -> TableState:
    return next(table for table in report.tables if table.table == name)


def test_each_class_tells_its_oldest_row_and_when_that_goes(client: Client, holds: Holds) -> None:
    store(client, [(PLATE, "gate-1", aged(-40)), (PLATE, "gate-1", aged(-300))])
    report = _look(client, holds)
    passages = _table(report, "passages")
    assert (passages.oldest, passages.rows, passages.rows_past_due) == (aged(-40), 2, 0)
    assert passages.next_due is not None
    assert timedelta(days=36) < passages.next_due - datetime.now(UTC) < timedelta(days=44)
    assert passages.partition_gone is not None
    assert passages.next_due <= passages.partition_gone <= passages.next_due + timedelta(days=32)
    assert passages.oldest_partition == f"{aged(-40):%Y%m}"
    assert report.in_order


def test_what_goes_next_is_the_first_of_all_tables(client: Client, holds: Holds) -> None:
    store(client, [(PLATE, "gate-1", aged(-40))])
    at = datetime.now(UTC) - timedelta(hours=1)
    client.insert("patrols", [["P-1", at]], column_names=["patrol_id", "at"])
    drop = _look(client, holds).next_drop
    assert drop is not None
    assert (drop.table, drop.at) == ("patrols", at.replace(microsecond=0) + timedelta(days=2))


def test_an_empty_store_says_so(client: Client, holds: Holds) -> None:
    report = _look(client, holds)
    assert report.oldest["passages"] is None
    assert report.next_drop is None
    assert report.in_order
    assert {rule.table for rule in RULES} <= report.oldest.keys()


def test_the_json_is_plain_and_names_every_class(client: Client, holds: Holds) -> None:
    store(client, [(PLATE, "gate-1", aged(-40))])
    hold = place(holds, PLATE)
    told = json.loads(json.dumps(as_json(_look(client, holds))))
    wanted = {"passages", "reads", "hits", "lez_verdicts", "anomalies", "searches", "audit", "cases", "held_passages"}
    assert wanted <= told["oldest"].keys()
    assert told["oldest"]["passages"] == aged(-40).isoformat(timespec="milliseconds")
    assert told["next_drop"]["table"] in {"passages", "passages_by_camera"}
    assert told["holds"] == {
        **{"active": 1, "released": 0, "rows": 1, "rows_past_year": 0, "rows_missing": 0, "rows_of_released": 0}
    }
    assert _table(_look(client, holds), "holds").oldest is None, "a hold that is not released has no age yet"
    assert holds.get(hold.hold_id).active


def test_what_is_missing_of_a_hold_is_not_in_order(client: Client, holds: Holds) -> None:
    store(client, [(PLATE, "gate-1", aged(-40))])
    place(holds, PLATE)
    client.command("TRUNCATE TABLE held_passages")
    report = _look(client, holds)
    assert (report.holds.rows_missing, report.in_order) == (1, False)


def test_late_pictures_are_not_in_order(client: Client, holds: Holds) -> None:
    due = PicturesDue(date(2025, 1, 1), date(2025, 1, 1), 3, 21, 2, 0, 0, 0, 0)
    report = _look(client, holds)
    assert replace(report, pictures=replace(due, late=0)).in_order
    assert not replace(report, pictures=due).in_order
    assert replace(report, pictures=due).oldest["pictures"] == date(2025, 1, 1)


def test_dashboards_learn_how_far_back_it_goes_without_reading_rows(client: Client, holds: Holds) -> None:
    store(client, [(PLATE, "gate-1", aged(-40 - n / 100)) for n in range(5000)])
    answer = client.query("SELECT table, oldest, stored_rows FROM oldest_rows")
    told = {table: (oldest, rows) for table, oldest, rows in answer.result_rows}
    assert told["passages"] == told["passages_by_camera"] == (aged(-40), 5000)
    assert told["held_passages"] == (None, 0)
    assert int(answer.summary["read_rows"]) < 1000
    assert {table for table in told if table != "passages_by_camera"} <= _look(client, holds).oldest.keys()


@pytest.mark.parametrize(
    ("term", "words"),
    [
        (Term(months=12), "12 months"),
        (Term(months=1), "1 month"),
        (Term(months=12, days=1), "12 months 1 day"),
        (Term(months=13), "13 months"),
        (Term(months=120), "10 years"),
        (Term(days=2), "2 days"),
    ],
)
def test_terms_read_as_people_say_them(term: Term, words: str) -> None:
    assert str(term) == words


# ---- proof -----------------------------------------------------------------------------------------------------------


def _recorded(client: Client, holds: Holds) -> str:
    text, digest = record(Audit(client, lambda: datetime.now(UTC)), _look(client, holds), "A. Peeters")
    assert len(digest) == 64
    return text


def test_a_recorded_report_is_recognised_however_it_is_laid_out(client: Client, holds: Holds) -> None:
    text = _recorded(client, holds)
    for same in (text, text + "\n", json.dumps(json.loads(text), indent=2)):
        found = check(client, same)
        assert (found["recorded_by"], found["seq"]) == ("A. Peeters", 1)


def test_a_report_that_was_changed_is_not(client: Client, holds: Holds) -> None:
    text = _recorded(client, holds)
    with pytest.raises(ProofBroken, match="changed, or made elsewhere"):
        check(client, text.replace('"in_order":true', '"in_order":false'))
    for broken in ("", "no report", text[:-1], "[]", '"text"', "3"):
        with pytest.raises(ProofBroken):
            check(client, broken)
