"""`anpr store retention` and `anpr store hold` from outside: what a controller and an investigator read."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess
from pipeline.outcome import Picture
from sinks.evidence import EvidenceStore
from tests.anpr.program import Ran, anpr, command, environment
from tests.sinks.conftest import register_officers
from tests.sinks.queries.facts import Fact, some_plate, store_facts
from tests.sinks.retention.known import CASE, REASON, aged, place, some_months_ago
from tests.sinks.rows import Turned

pytestmark = pytest.mark.slow

Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def client(tables: Client) -> Client:
    """A client with all rights; the officers are registered."""
    register_officers(tables)
    return tables


@pytest.fixture
def run(store: StoreProcess, client: Client, tmp_path: Path) -> Run:
    """Runs a command on that store, as an investigator."""
    assert client

    def run(*words: str, officer: str = "A. Peeters", **settings: str) -> Ran:
        return anpr(tmp_path / "data", "store", *words, store_dsn=store.dsn, officer=officer, **settings)

    return run


def _hold(run: Run, plate: str, *more: str) -> Ran:
    return run("hold", "add", "--case-number", CASE, "--reason", REASON, "--plate", plate, *more)


def test_the_report_tells_oldest_next_and_holds_as_json(run: Run, client: Client) -> None:
    store_facts(client, [Fact(some_plate(), "gate-1", aged(-200))])
    done = run("retention", "--json")
    assert done.code == 0
    assert len(done.out.splitlines()) == 1
    assert datetime.fromisoformat(done.json["oldest"]["passages"]) <= aged(-200)
    assert done.json["oldest"].keys() >= {"reads", "hits", "lez_verdicts", "anomalies", "searches", "audit", "pictures"}
    assert set(done.json["next_drop"]) == {"table", "at"}
    assert set(done.json["holds"]) >= {"active", "rows", "rows_past_year"}
    assert (done.json["in_order"], done.json["applied"]) == (True, None)


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_report_for_people_fits_the_screen(store: StoreProcess, client: Client, width: str, tmp_path: Path) -> None:
    store_facts(client, [Fact(some_plate(), "gate-1", aged(-200))])
    environ = environment(tmp_path / "data", store_dsn=store.dsn) | {"COLUMNS": width}
    shown = subprocess.run(
        command("store", "retention"), env=environ, capture_output=True, text=True, check=True
    ).stdout
    assert "In order." in shown
    row = next(line for line in shown.splitlines() if " passages " in line)
    assert "12 months" in row
    assert "ok" in row
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= int(width)


def test_a_hold_from_placing_to_release(run: Run, client: Client) -> None:
    plate = some_plate()
    store_facts(client, [Fact(plate, "gate-1", aged(-100))])
    added = _hold(run, plate, "--from", f"{aged(-99):%Y-%m-%d}", "--until", f"{aged(-102):%Y-%m-%d}", "--json")
    assert (added.code, added.json["plates"], added.json["active"]) == (0, [plate], True)
    identity = added.json["hold_id"]
    listed = run("hold", "list")
    assert identity in listed.out
    assert REASON in listed.out
    assert {"hold_id": identity, "plates": [plate]}.items() <= run("hold", "list", "--json").json["holds"][-1].items()
    released = run("hold", "release", identity, "--reason", "The suspect is cleared", "--json")
    assert released.json["hold_id"] == identity
    assert identity not in run("hold", "list").out
    assert "released" in run("hold", "list", "--all").out
    again = run("hold", "release", identity, "--reason", "The suspect is cleared")
    assert again.code == 2
    again.assert_clear("was released on")


def test_apply_deletes_pictures_with_their_passages_and_keeps_those_of_a_hold(
    run: Run, client: Client, tmp_path: Path
) -> None:
    evidence, plate = tmp_path / "pictures", some_plate()
    keys = [f"gate-1/{aged(20):%Y/%m/%d}/{uuid4()}.jpg" for _ in range(2)]
    EvidenceStore.at(str(evidence), Turned()).put([Picture(key, b"picture") for key in keys], lambda: None)
    place(some_months_ago(client), plate)
    store_facts(client, [Fact(plate, "gate-1", aged(20), {"evidence": keys[0]})])

    before = run("retention", "--json", evidence=str(evidence)).json["pictures"]
    assert (before["due"], before["held"], before["deleted"]) == (1, 1, 0)
    applied = run("retention", "--apply", "--json", evidence=str(evidence))
    assert (applied.code, applied.json["in_order"]) == (0, True)
    assert (applied.json["pictures"]["deleted"], applied.json["pictures"]["due"]) == (1, 0)
    assert [(evidence / key).exists() for key in keys] == [True, False]
    rows = client.query("SELECT count() FROM passages WHERE plate = {p:String}", parameters={"p": plate}).result_rows
    assert rows == [(0,)]
    held = client.query("SELECT evidence FROM held_passages WHERE plate = {p:String}", parameters={"p": plate})
    assert held.result_rows == [(keys[0],)]
    again = run("retention", "--apply", "--json", evidence=str(evidence)).json
    assert (again["applied"]["partitions"], again["pictures"]["deleted"]) == ([], 0)
    assert again["last_applied"] is not None


def test_a_report_is_proved_and_a_changed_one_is_not(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = run("retention", "--proof", str(path))
    assert done.code == 0
    assert "SHA-256" in done.out
    checked = run("retention", "--check", str(path), "--json")
    assert checked.json["recorded_by"] == "A. Peeters"
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told | {"in_order": not told["in_order"]}))
    changed = run("retention", "--check", str(path))
    assert changed.code == 1
    changed.assert_clear("was changed, or made elsewhere")


def test_errors_are_one_sentence_that_guides(run: Run, tmp_path: Path) -> None:
    run("retention", "--check", str(tmp_path / "none.json")).assert_clear("name the file that --proof wrote")
    run("retention", "--proof", str(tmp_path / "no" / "dir.json")).assert_clear("name another file")
    _hold(run, "1AA*").assert_clear("no wildcards")
    _hold(run, "1AAA111", "--from", "yesterday").assert_clear("YYYY-MM-DD")
    _hold(run, "1AAA111", "--until", "2026-02-30").assert_clear("YYYY-MM-DD")
    assert _hold(run, some_plate(), "--from", "0001-01-01", "--until", "9999-12-31").code == 0
    run("hold", "add", "--case-number", CASE, "--reason", "x", "--plate", "1AAA111").assert_clear("state a reason")
    run("hold", "add", "--case-number", CASE, "--reason", REASON).assert_clear("plates, cameras or both")
    run("hold", "release", str(uuid4()), "--reason", REASON).assert_clear("anpr store hold list")
    other = run("hold", "add", "--case-number", CASE, "--reason", REASON, "--plate", "1AAA111", officer="B. Dupont")
    assert other.code == 2
    other.assert_clear("investigator or administrator")
