"""`anpr audit` from outside: a whole audit, a broken one, heads kept outside, and the controller's report."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.searches import SearchDesk
from tests.anpr.program import Ran, anpr
from tests.sinks import audited
from tests.sinks.conftest import register_officers

pytestmark = pytest.mark.slow

OFFICER = "A. Peeters"
Program = Callable[..., Ran]


@pytest.fixture
def client(tables: Client) -> Client:
    """The same, with an empty audit."""
    audited.empty(tables)
    return tables


@pytest.fixture
def run(store: StoreProcess, client: Client, tmp_path: Path) -> Program:
    """Runs the program on that store, as one officer on one data folder."""
    assert client

    def run(*words: str) -> Ran:
        return anpr(tmp_path / "data", *words, store_dsn=store.dsn, officer=OFFICER)

    return run


@pytest.fixture
def searched(run: Program, client: Client) -> Ran:
    """A search by the program, of a registered officer."""
    register_officers(client)
    done = run("search", "1ABC234", "--reason", audited.REASON, "--json")
    assert done.code == 0, done.err
    return done


def test_a_whole_audit_as_json(searched: Ran, run: Program) -> None:
    assert searched.json["search_id"]
    done = run("audit", "verify", "--json")
    assert done.code == 0, done.err
    # four registrations in a chain of their own; the search and what it showed in that of the data folder
    assert done.json == {"records": 6, "chains": 2, "broken": 0, "intact": True, "first_broken": None}


def test_an_empty_audit_is_whole(run: Program) -> None:
    assert run("audit", "verify", "--json").json["records"] == 0
    assert "whole: 0 records" in run("audit", "verify").out


def test_a_changed_record_is_told_with_its_place_and_exit_code_1(searched: Ran, run: Program, client: Client) -> None:
    assert searched.code == 0
    audited.update(client, "audit", "record = concat(record, ' ')", "action = 'search_opened'")
    (row,) = [row for row in audited.rows(client) if row["action"] == "search_opened"]
    done = run("audit", "verify", "--json")
    assert done.code == 1
    assert done.json["intact"] is False
    first = done.json["first_broken"]
    assert (first["chain"], first["seq"], first["table"]) == (row["chain"], row["seq"], "audit")
    told = run("audit", "verify")
    assert told.code == 1
    assert f"{row['chain']}/{row['seq']}: the record or its hash was changed" in told.out


def test_a_search_that_nobody_recorded_is_told(searched: Ran, run: Program, client: Client) -> None:
    assert searched.code == 0
    client.command("INSERT INTO searches (search_id, created_at, officer) VALUES (generateUUIDv4(), now64(3), 'x')")
    done = run("audit", "verify", "--json")
    assert (done.code, done.json["first_broken"]["table"]) == (1, "searches")
    assert "never recorded" in done.json["first_broken"]["what"]


def test_the_end_that_was_cut_off_is_told_by_this_folders_own_file(searched: Ran, run: Program, client: Client) -> None:
    assert searched.code == 0
    client.command("DELETE FROM audit WHERE action = 'search_shown'")
    client.command("TRUNCATE TABLE audit_heads")
    assert "the file of this machine knows a record there" in run("audit", "verify").out


@pytest.mark.parametrize("kept_as", ["token", "file of the token", "file with chains"])
def test_a_kept_head_tells_that_the_end_was_cut_off(
    kept_as: str, searched: Ran, run: Program, client: Client, tmp_path: Path
) -> None:
    assert searched.code == 0
    path = tmp_path / "head"
    printed = run("audit", "head", *(("--out", str(path)) if kept_as == "file with chains" else ()))
    kept = printed.out.strip() if kept_as == "token" else str(path)
    if kept_as == "file of the token":
        path.write_text(printed.out)
    assert "as the head that was kept says" in run("audit", "verify", "--head", kept).out
    client.command("DELETE FROM audit WHERE action = 'search_shown'")
    client.command("TRUNCATE TABLE audit_heads")
    (tmp_path / "data" / "audit.json").unlink()
    assert run("audit", "verify").code == 0  # nobody else knows
    done = run("audit", "verify", "--head", kept, "--json")
    assert (done.code, done.json["intact"]) == (1, False)


def test_a_head_of_a_day_stays_the_same(searched: Ran, run: Program) -> None:
    assert searched.code == 0
    yesterday = str(datetime.now(UTC).date() - timedelta(days=1))
    first = run("audit", "head", "--day", yesterday, "--json").json
    assert first["chains"] == []
    assert run("audit", "head", "--day", yesterday, "--json").json == first
    assert run("audit", "head", "--json").json["head"] != first["head"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify", "--head", "nonsense"), "'nonsense' is no head: give what `anpr audit head` printed"),
        (("verify", "--head", "2026-01-01T00:00:00.000Z/abc"), "is no head"),
        (("head", "--day", "yesterday"), "'yesterday' is no day: write YYYY-MM-DD"),
        (("head", "--day", "2098-01-01"), "has not ended yet"),
        (("head", "--day", "9999-12-31"), "is no day"),
        (("report", "--from", "0001-01-01"), "is no day"),
        (("report", "--from", "2026-02-01", "--to", "2026-01-01"), "ends before it begins"),
        (("report", "--plates", "absent.csv"), "must be a CSV file with the columns officer and plate"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(words: tuple[str, ...], said: str, run: Program) -> None:
    done = run("audit", *words)
    done.assert_clear(said)
    assert done.code == 2


def test_a_head_that_can_not_be_written_is_said(run: Program, tmp_path: Path) -> None:
    done = run("audit", "head", "--out", str(tmp_path / "absent" / "head"))
    done.assert_clear("cannot be written", "No such file or directory")


def test_a_chain_file_that_can_not_be_read_is_said(searched: Ran, run: Program, tmp_path: Path) -> None:
    assert searched.code == 0
    (tmp_path / "data" / "audit.json").write_text("{")
    run("audit", "verify").assert_clear("cannot be read", "a new chain begins")
    run("search", "1ABC234", "--reason", audited.REASON).assert_clear("cannot be read")


def test_a_denial_of_a_bad_reason_and_one_of_the_database_are_recorded(run: Program, client: Client) -> None:
    register_officers(client)
    run("search", "1ABC234", "--reason", "x").assert_clear("state a reason")
    run("search", "1ABC234", "--reason", audited.REASON, "--role", "lez_agent").assert_clear("not registered")
    denied = [json.loads(row["record"])["about"] for row in audited.rows(client) if row["action"] == "search_denied"]
    assert [one["code"] for one in denied] == ["reason_short", "officer_unknown"]
    assert all("search_id" in one for one in denied[1:])


def test_the_report_shows_people_and_what_is_to_be_explained(searched: Ran, run: Program, tmp_path: Path) -> None:
    assert searched.code == 0
    plates = tmp_path / "plates.csv"
    plates.write_text(f"officer,plate\n{OFFICER},1-ABC-234\n", "utf-8")
    found = run("audit", "report", "--plates", str(plates), "--json").json
    assert found["to"] == str(datetime.now(UTC).date())
    assert date.fromisoformat(found["from"]) == date.fromisoformat(found["to"]) - timedelta(days=30)
    assert [(one["officer"], one["searches"]) for one in found["people"]] == [(OFFICER, 1)]
    assert [one["kind"] for one in found["unusual"] if one["kind"] == "own_plate"] == ["own_plate"]
    told = run("audit", "report", "--plates", str(plates)).out
    assert "searched their own plate" in told
    assert searched.json["search_id"] in told
    quiet = run("audit", "report", "--from", "2020-01-01", "--to", "2020-02-01").out
    assert "Nothing unusual." in quiet


def test_a_search_whose_program_died_is_sent_by_the_next_head(run: Program, client: Client, tmp_path: Path) -> None:
    class Dying(ChainFile):
        def save(self, state: object) -> None:
            super().save(state)  # type: ignore[arg-type]
            raise KeyboardInterrupt

    folder = tmp_path / "data"
    with pytest.raises(KeyboardInterrupt):
        SearchDesk(client, audited.now, Dying(folder)).open(audited.request())
    assert audited.rows(client) == []
    assert len(run("audit", "head", "--json").json["chains"]) == 1
    assert run("audit", "verify", "--json").json["records"] == 1
