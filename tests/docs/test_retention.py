"""docs/retention.md is true: its terms are the rules', and its commands run in their order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess, start_store
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ, POLICE
from sinks.clickhouse.migrate import migrate
from tests.anpr.program import ROOT
from tests.docs.examples import examples_of, put_program, run
from tests.sinks.conftest import OFFICERS, register_officers
from tests.sinks.queries.facts import Fact, store_facts

pytestmark = pytest.mark.slow

DOCUMENT = ROOT / "docs" / "retention.md"
COMMANDS = [line for one in examples_of(DOCUMENT) for line in one.commands]
_ROW = re.compile(r"^\| (`.*?) \| (.*?) \|", re.MULTILINE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreProcess]:
    """A running store."""
    process = start_store(tmp_path / "store")
    yield process
    process.stop()


@pytest.fixture
def client(store: StoreProcess) -> Iterator[Client]:
    """A client of it, with tables, officers and one passage."""
    with connect(store.dsn) as opened:
        migrate(opened)
        register_officers(opened)
        store_facts(opened, [Fact("1ABC234", "gate-1", datetime.now(UTC) - timedelta(days=3))])
        yield opened


def _told(text: str) -> dict[str, str]:
    """Table, or table.column, and its term."""
    told: dict[str, str] = {}
    for names, term in _ROW.findall(text):
        told |= dict.fromkeys(re.findall(r"`([\w.]+)`", names), term)
    return told


def test_terms_are_those_of_the_rules() -> None:
    of_police, _heading, of_zones = DOCUMENT.read_text("utf-8").partition("## The low-emission zones")
    told = _told(of_police)
    assert told.pop("held_passages") == "until the case releases its hold"
    assert told == {rule.name: str(rule.term) for rule in POLICE.rules}
    assert _told(of_zones) == {rule.name: str(rule.term) for rule in LEZ.rules}


def test_its_commands_run_one_after_the_other(store: StoreProcess, client: Client, tmp_path: Path) -> None:
    put_program(tmp_path)
    hold = ""
    for command in COMMANDS:
        assert run(["sh", "-c", command.replace("HOLD", hold)], tmp_path, store.dsn, OFFICERS[0][0]), command
        rows = client.query("SELECT hold_id FROM holds").result_rows
        hold = str(rows[0][0]) if rows else ""
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["holds"]["released"] == 1
    assert len(COMMANDS) >= 8
