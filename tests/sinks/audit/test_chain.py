"""One chain of several programs: whoever is killed, and whenever, leaves it whole, and no record twice."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.embedded.store.launch import StoreProcess
from sinks.clickhouse import searches
from sinks.clickhouse.audit.chain import ChainFile, ChainFileBroken, ChainInMemory, ChainState
from sinks.clickhouse.audit.records import Audit, canonical, instant
from sinks.clickhouse.searches import SearchDesk
from tests.anpr.program import ROOT, wait_until
from tests.sinks import audited
from tests.sinks.audited import now, rows, said, verified

PROGRAM = """
import os, sys
from pathlib import Path
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.client import connect
from sinks.clickhouse.searches import SearchDesk
from tests.sinks.audited import now, request

dsn, folder, officer, searches, dies_at = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5]

class Dying(ChainFile):
    saves = 0
    def save(self, state):
        self.saves += 1
        if dies_at == f"before save {self.saves}":
            os._exit(9)
        super().save(state)
        if dies_at == f"after save {self.saves}":
            os._exit(9)

desk = SearchDesk(connect(dsn), now, Dying(folder))
for n in range(searches):
    desk.open(request(officer))
    print(n, flush=True)
"""
"""Opens searches one by one; each saves the chain twice: before it sends the record, and when the store has it."""


def _start(store: StoreProcess, folder: Path, officer: str, searches: int, dies: str = "") -> subprocess.Popen[str]:
    words = [sys.executable, "-c", PROGRAM, store.dsn, str(folder), officer, str(searches), dies]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _run(store: StoreProcess, folder: Path, searches: int, dies: str) -> None:
    with _start(store, folder, "A. Peeters", searches, dies) as program:
        assert program.wait(timeout=90) == 9


def _assert_whole(client: Client, folder: Path, records: int) -> None:
    found = verified(client, own=ChainFile(folder).read())
    assert found.intact, said(found)
    assert (found.records, found.chains) == (records, 1)
    assert client.query("SELECT count(), uniqExact(search_id) FROM searches").result_rows == [(records, records)]


def test_two_programs_at_once_write_one_chain(store: StoreProcess, client: Client, tmp_path: Path) -> None:
    with _start(store, tmp_path, "A. Peeters", 10) as one, _start(store, tmp_path, "B. Dupont", 10) as other:
        assert [program.wait(timeout=90) for program in (one, other)] == [0, 0]
    _assert_whole(client, tmp_path, 20)
    assert {row["actor"] for row in rows(client)} == {"A. Peeters", "B. Dupont"}


def test_threads_of_one_program_write_one_chain(client: Client) -> None:
    desk = SearchDesk(client, now, ChainInMemory())
    threads = [threading.Thread(target=desk.open, args=(audited.request(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verified(client)
    assert (found.records, found.chains, found.intact) == (8, 1, True), said(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dies", "stored"),
    [("before save 3", 1), ("after save 3", 1), ("before save 4", 2), ("after save 4", 2)],
    ids=["before it is noted", "noted, not sent", "sent, not noted", "done"],
)
def test_who_dies_between_leaves_it_to_the_next_one(
    dies: str, stored: int, store: StoreProcess, client: Client, tmp_path: Path
) -> None:
    _run(store, tmp_path, 2, dies)
    assert len(rows(client)) == stored
    SearchDesk(client, now, ChainFile(tmp_path)).open(audited.request("B. Dupont"))
    _assert_whole(client, tmp_path, 2 if dies == "before save 3" else 3)
    assert ChainFile(tmp_path).read().pending is None  # type: ignore[union-attr]


@pytest.mark.slow
def test_programs_that_are_killed_at_any_time_leave_it_whole(
    store: StoreProcess, client: Client, tmp_path: Path
) -> None:
    opened = 0
    for lines in (1, 2, 3):
        with _start(store, tmp_path, "A. Peeters", 1000) as program:
            assert program.stdout is not None
            for _ in range(lines):
                program.stdout.readline()
            program.kill()
            opened += lines + len(program.stdout.readlines())
    SearchDesk(client, now, ChainFile(tmp_path)).open(audited.request("B. Dupont"))
    records = len(rows(client))
    assert records >= opened + 1  # what was answered is there; what was sent may be
    _assert_whole(client, tmp_path, records)


def test_a_record_on_its_way_is_sent_before_a_head_is_taken(
    store: StoreProcess, client: Client, tmp_path: Path
) -> None:
    _run(store, tmp_path, 1, "after save 1")
    assert rows(client) == []
    Audit(client, now, ChainFile(tmp_path)).settle()
    _assert_whole(client, tmp_path, 1)
    Audit(client, now, ChainFile(tmp_path)).settle()
    _assert_whole(client, tmp_path, 1)


def test_a_record_that_was_sent_long_ago_is_not_sent_again(store: StoreProcess, client: Client, tmp_path: Path) -> None:
    _run(store, tmp_path, 1, "before save 2")
    text = json.loads((tmp_path / "audit.json").read_text())
    row = next(iter(rows(client)))
    assert text["pending"][5] == row["hash"]
    for table in ("audit", "searches"):  # as after a thousand other records: the store has forgotten the token
        client.command(f"ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = 0")
        client.command(f"ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = 1000")
    later = Audit(client, lambda: now() + timedelta(hours=1), ChainFile(tmp_path))
    later.settle()
    _assert_whole(client, tmp_path, 1)


def test_what_an_older_program_sent_is_sent_again_where_it_sent_it(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through another inlet the store would not know its token, and the record would stand there twice."""
    with monkeypatch.context() as before:
        before.setattr(searches, "INLET", "audit_in")
        SearchDesk(client, now, ChainFile(tmp_path)).open(audited.request())
    (row,) = rows(client)
    moment = json.loads(row["record"])["at"]
    noted = [row["chain"], row["seq"], moment, *(row[name] for name in ("action", "actor", "hash", "record"))]
    ChainFile(tmp_path).save(ChainState(row["chain"], pending=noted))
    SearchDesk(client, now, ChainFile(tmp_path)).open(audited.request())
    _assert_whole(client, tmp_path, 2)


def _heads_asked(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    query = client.query

    def noted(text: str, *given: Any, **named: Any) -> Any:
        asked.extend(["heads"] if "audit_heads" in text else [])
        return query(text, *given, **named)

    monkeypatch.setattr(client, "query", noted)
    return asked


def test_what_other_chains_had_last_is_asked_for_once_a_second(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment, others = [100.0], Audit(client, now)
    audit = Audit(client, now, ChainFile(tmp_path), lambda: moment[0])
    asked = _heads_asked(client, monkeypatch)
    records = [audit.append("search_denied", "A. Peeters", {})]
    there = others.append("search_denied", "B. Dupont", {})
    del asked[1:]
    for moment[0] in (100.9, 101.0, 101.5):
        records.append(audit.append("search_denied", "A. Peeters", {}))
    assert len(asked) == 2, "at the first record, and a second later"
    seen = [json.loads(record.text)["seen"] for record in records]
    assert seen == [[], [], [[there.chain, there.seq, there.hash]], []]
    assert verified(client).intact


def test_the_store_is_asked_again_where_another_program_wrote_in_the_chain(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (Audit(client, now, ChainFile(tmp_path), lambda: 100.0) for _ in range(2))
    asked = _heads_asked(client, monkeypatch)
    for audit, so_far in ((one, 1), (one, 1), (other, 2), (one, 3), (one, 3)):
        audit.append("search_denied", "A. Peeters", {})
        assert len(asked) == so_far
    assert verified(client, own=ChainFile(tmp_path).read()).intact


def test_a_record_that_the_store_refuses_does_not_stand_in_the_way(client: Client, tmp_path: Path) -> None:
    audit = Audit(client, now, ChainFile(tmp_path))
    with pytest.raises(ClickHouseError):
        audit.append("search_opened", "A. Peeters", {"search_id": "no UUID"})
    audit.append("search_denied", "A. Peeters", {})
    assert [row["action"] for row in rows(client)] == ["search_denied"]
    assert verified(client, own=ChainFile(tmp_path).read()).intact


def test_an_older_copy_of_the_file_goes_on_after_what_the_store_has(client: Client, tmp_path: Path) -> None:
    desk = SearchDesk(client, now, ChainFile(tmp_path))
    desk.open(audited.request())
    older = (tmp_path / "audit.json").read_bytes()
    desk.open(audited.request())
    (tmp_path / "audit.json").write_bytes(older)
    desk.open(audited.request())
    _assert_whole(client, tmp_path, 3)


def test_without_its_file_a_new_chain_begins_that_has_seen_the_old_one(client: Client, tmp_path: Path) -> None:
    for _ in range(2):
        SearchDesk(client, now, ChainFile(tmp_path)).open(audited.request())
    (tmp_path / "audit.json").unlink()
    SearchDesk(client, now, ChainFile(tmp_path)).open(audited.request())
    found = verified(client)
    assert (found.records, found.chains, found.intact) == (3, 2, True)
    seen = [json.loads(row["record"])["seen"] for row in rows(client) if row["seq"] == 1]
    assert sorted(len(one) for one in seen) == [0, 1]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"seq": 1, "more": 2}'])
def test_a_file_that_can_not_be_read_is_said_and_nothing_written(content: str, client: Client, tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_text(content)
    with pytest.raises(ChainFileBroken, match="cannot be read: run `anpr audit verify`"):
        SearchDesk(client, now, ChainFile(tmp_path)).open(audited.request())
    assert rows(client) == []


def test_a_clock_that_is_set_back_does_not_date_records_back(client: Client, tmp_path: Path) -> None:
    audit = Audit(client, now, ChainFile(tmp_path))
    first = audit.append("search_denied", "A. Peeters", {})
    second = Audit(client, lambda: now() - timedelta(days=1), ChainFile(tmp_path)).append("search_denied", "B", {})
    assert instant(second.at) == instant(first.at)
    assert verified(client).intact


def test_who_waits_gets_his_turn_when_the_first_one_is_done(client: Client, tmp_path: Path) -> None:
    chain, done = ChainFile(tmp_path), threading.Event()

    def write() -> None:
        Audit(client, now, ChainFile(tmp_path)).append("search_denied", "B. Dupont", {})
        done.set()

    with chain.turn():
        thread = threading.Thread(target=write)
        thread.start()
        assert not done.wait(0.2)
    wait_until(done.is_set, what="the second writer's record", timeout_s=30)
    thread.join()


def test_records_are_canonical_and_bear_any_text(client: Client) -> None:
    odd = 'quotes " \\ \n \u2028 é 🚗 \ud800'
    Audit(client, now).append("search_denied", odd, {"reason": odd, "n": 1, "list": ["b", "a"]})
    (row,) = rows(client)
    assert canonical(json.loads(row["record"])) == row["record"]
    assert json.loads(row["record"])["about"]["reason"] == odd.replace("\ud800", "?")
    assert verified(client).intact
