"""The audit proves itself whole, and no edit, deletion, insertion or move of a record or its row stays unseen.

Everything is done to the real store with DELETE, ALTER and INSERT, as somebody with all rights in it could.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from schemas.search import SearchRecord
from sinks.clickhouse.audit.chain import ChainFile, ChainInMemory
from sinks.clickhouse.audit.heads import Heads, heads_before, read_heads
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.searches import SearchDesk
from tests.sinks import audited
from tests.sinks.audited import Row, now, rows, said, verified

pytestmark = pytest.mark.slow

RECORDS = 12


@pytest.fixture(scope="module")
def client(tables: Client) -> Client:
    """A client with all rights and the tables; who needs an empty audit empties it."""
    return tables


@pytest.fixture
def search(client: Client) -> SearchRecord:
    """The audit tells one story by two writers; a search of it."""
    audited.empty(client)
    return audited.tell_story(client, ChainInMemory(), ChainInMemory())


@pytest.fixture
def kept(search: SearchRecord, client: Client) -> Heads:
    """The head that somebody outside keeps: the token alone."""
    assert search
    return read_heads(heads_before(client, now() + timedelta(seconds=1)).token)


def test_what_nobody_touched_is_whole(kept: Heads, client: Client) -> None:
    found = verified(client, heads=kept)
    assert (found.records, found.chains, found.intact, found.broken) == (RECORDS, 2, True, []), said(found)


def test_nothing_at_all_is_whole(client: Client) -> None:
    audited.empty(client)
    assert (verified(client).records, verified(client).intact) == (0, True)


@pytest.mark.slow
@pytest.mark.parametrize("place", range(RECORDS))
def test_a_record_that_is_gone_is_missed_wherever_it_stood(place: int, kept: Heads, client: Client) -> None:
    audited.remove(client, rows(client)[place])
    found = verified(client, heads=kept)
    assert not found.intact
    assert found.records == RECORDS - 1


def test_the_end_of_a_chain_is_missed_by_its_list_of_ends_by_its_file_and_by_a_kept_head(
    client: Client, tmp_path: Path
) -> None:
    audited.empty(client)
    chain = ChainFile(tmp_path)
    for n in range(3):
        Audit(client, now, chain).append("search_denied", "A. Peeters", {"code": str(n)})
    kept = heads_before(client, now() + timedelta(seconds=1))
    audited.remove(client, rows(client)[-1])
    assert "list of ends" in said(verified(client))
    client.command("TRUNCATE TABLE audit_heads")  # a careful hand
    assert verified(client).intact  # what the chain alone can not know: decision 0012
    assert "file of this machine" in said(verified(client, own=chain.read()))
    assert "head that was kept" in said(verified(client, heads=kept))
    assert "not those of the head" in said(verified(client, heads=read_heads(kept.token)))


def test_a_whole_chain_that_is_gone_is_missed_by_another_one(client: Client) -> None:
    audited.empty(client)
    first, second = ChainInMemory(), ChainInMemory()
    Audit(client, now, first).append("search_denied", "A. Peeters", {})
    Audit(client, now, second).append("search_denied", "B. Dupont", {})
    gone = json.loads(rows(client)[-1]["record"])["seen"] or json.loads(rows(client)[0]["record"])["seen"]
    client.command("DELETE FROM audit WHERE chain = {c:String}", parameters={"c": gone[0][0]})
    client.command("TRUNCATE TABLE audit_heads")
    assert "has seen here is gone" in said(verified(client))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("record = replaceOne(record, 'Rue Neuve', 'Rue Haute')", "the record or its hash was changed"),
        ("record = concat(record, ' ')", "the record or its hash was changed"),
        ("hash = reverse(hash)", "the record or its hash was changed"),
        ("actor = 'C. Nobody'", "a column is not what the record says"),
        ("action = 'search_shown'", "a column is not what the record says"),
        ("record = 'x', hash = lower(hex(SHA256('x')))", "this is no record"),
    ],
)
def test_a_change_in_place_is_found(change: str, what: str, search: SearchRecord, client: Client) -> None:
    audited.update(client, "audit", change, f"search_id = '{search.search_id}' AND action = 'search_opened'")
    found = verified(client)
    assert found.broken[0].what == what
    assert found.broken[0].seq > 0


def test_a_chain_that_was_hashed_anew_is_contradicted_by_the_other(kept: Heads, client: Client) -> None:
    all_rows = rows(client)
    named = {(chain, seq) for row in all_rows for chain, seq, _ in json.loads(row["record"])["seen"]}
    victim = next(row for row in all_rows if (row["chain"], row["seq"]) in named)
    chain = [row for row in all_rows if row["chain"] == victim["chain"]]
    others = [row for row in all_rows if row["chain"] != victim["chain"]]
    new = list(audited.rewritten(chain, chain.index(victim), about={"code": "forged"}))
    audited.replace_all(client, [*others, *new])
    found = said(verified(client))
    assert "has seen here is not the one" in found
    assert not verified(client, heads=kept).intact


@pytest.mark.usefixtures("search")
def test_a_record_that_was_added_within_is_found(client: Client) -> None:
    audited.put(client, [audited.forged(rows(client)[1], about={"code": "forged"})])
    assert "two records stand at this place" in said(verified(client))


@pytest.mark.usefixtures("search")
def test_the_same_record_twice_is_found(client: Client) -> None:
    audited.put(client, [rows(client)[1]])
    assert "two records stand at this place" in said(verified(client))


@pytest.mark.usefixtures("search")
def test_records_that_changed_places_are_found(client: Client) -> None:
    a, b, *rest = rows(client)
    swapped = [a | {name: b[name] for name in ("seq", "at")}, b | {name: a[name] for name in ("seq", "at")}]
    audited.replace_all(client, [*swapped, *rest])
    assert not verified(client).intact
    content = [audited.forged(one, seq=one["seq"], at=json.loads(two["record"])["at"]) for one, two in
               zip(swapped, (b, a), strict=True)]  # fmt: skip
    audited.replace_all(client, [*content, *rest])
    assert "does not follow" in said(verified(client))


def test_two_programs_on_a_copied_chain_file_are_found(client: Client, tmp_path: Path) -> None:
    audited.empty(client)
    first = ChainFile(tmp_path / "one")
    Audit(client, now, first).append("search_denied", "A. Peeters", {})
    second = ChainFile(tmp_path / "two")
    with first.turn() as state:
        second_state = state
    Audit(client, now, first).append("search_denied", "A. Peeters", {"code": "here"})
    client.command("TRUNCATE TABLE audit_heads")  # the other machine did not see it
    (tmp_path / "two").mkdir()
    second.save(second_state)
    Audit(client, now, second).append("search_denied", "A. Peeters", {"code": "there"})
    assert "two records stand at this place" in said(verified(client))


FORGERIES = {
    "a search without a record": (
        "INSERT INTO searches (search_id, created_at, expires_at, officer, role, purpose, reason, kind, pattern) "
        "VALUES (generateUUIDv4(), now64(3), now64(3) + 600, 'A. Peeters', 'officer', 'crime', 'nobody said why', "
        "'plate', '1ABC234')",
        "this row was never recorded in the audit",
    ),
    "a search that is gone": ("DELETE FROM searches WHERE officer = 'A. Peeters'",
        "the row that was recorded is gone"),
    "a search for another plate": ("ALTER TABLE searches UPDATE pattern = '2XYZ999' WHERE officer = 'A. Peeters' "
        "SETTINGS mutations_sync = 2", "the row is not what was recorded"),
    "a search that finds more than it says": ("ALTER TABLE searches UPDATE key_regex = '^.*$' WHERE 1 SETTINGS "
        "mutations_sync = 2", "the row is not what was recorded"),
    "a search that stays open": ("ALTER TABLE searches UPDATE expires_at = '2290-01-01' WHERE 1 SETTINGS "
        "mutations_sync = 2", "the row is not what was recorded"),
    "a search twice": ("INSERT INTO searches SELECT * FROM searches WHERE officer = 'A. Peeters'",
        "this row is there more than once"),
    "a search that outlives its decision": ("ALTER TABLE searches UPDATE decision_until = '2290-01-01' WHERE "
        "decision_id != '' SETTINGS mutations_sync = 2", "made to open what its purpose or decision does not"),
    "an officer without a record": (
        "INSERT INTO officers VALUES ('C. Nobody', 'officer', '', '2020-01-01', '2090-01-01', 'C. Nobody', now64(3))",
        "this row was never recorded in the audit",
    ),
    "an officer who was ended and is back": (
        "INSERT INTO officers VALUES ('B. Dupont', 'officer', '', '2020-01-01', '2090-01-01', 'x', now64(3) + 1)",
        "the row is not what was recorded",
    ),
    "an officer who is gone": ("DELETE FROM officers WHERE officer = 'A. Peeters'",
        "the row that was recorded is gone"),
    "a decision without a record": (
        "INSERT INTO access_decisions VALUES ('D-2', 'J. Rechter', 'BR.1', '2020-01-01', '2090-01-01', '2090-01-01', "
        "'x', now64(3))",
        "this row was never recorded in the audit",
    ),
    "a decision that covers more": ("INSERT INTO access_decisions SELECT * REPLACE ('2020-01-01' AS covers_from, "
        "now64(3) + 1 AS recorded_at) FROM access_decisions", "the row is not what was recorded"),
    "a decision that is gone": ("DELETE FROM access_decisions WHERE 1", "the row that was recorded is gone"),
    "a subscriber without a record": (
        "INSERT INTO subscribers (name, generation, valid_from, valid_until, registered_at) "
        "VALUES ('spy', 1, '2020-01-01', '2090-01-01', now64(3))",
        "this row was never recorded in the audit",
    ),
    "a subscriber who is told more": ("INSERT INTO subscribers SELECT * REPLACE ([] AS zones, now64(3) + 1 AS "
        "registered_at) FROM subscribers", "the row is not what was recorded"),
    "a subscriber who was ended and is back": ("ALTER TABLE subscribers UPDATE valid_until = '2090-01-01' WHERE 1 "
        "SETTINGS mutations_sync = 2", "the row is not what was recorded"),
    "a subscriber whose hits go elsewhere": ("ALTER TABLE subscribers UPDATE webhook_url = 'https://elsewhere' WHERE 1 "
        "SETTINGS mutations_sync = 2", "the row is not what was recorded"),
    "a subscriber who is gone": ("DELETE FROM subscribers WHERE 1", "the row that was recorded is gone"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.usefixtures("search")
@pytest.mark.parametrize(("statement", "what"), FORGERIES.values(), ids=FORGERIES)
def test_a_row_that_its_record_does_not_account_for_is_found(statement: str, what: str, client: Client) -> None:
    client.command(statement)
    assert what in said(verified(client))


@pytest.mark.slow
@pytest.mark.usefixtures("search")
@pytest.mark.parametrize("case", ["a search twice", "an officer who was ended and is back"])
def test_it_names_the_record_that_a_row_differs_from_at_every_look(case: str, client: Client) -> None:
    """A look that named the row's place instead (none) was taken for another finding, and tampering for none."""
    client.command(FORGERIES[case][0])
    for _ in range(8):
        (found,) = verified(client).broken
        assert (found.chain != "", found.seq > 0) == (True, True)


@pytest.mark.usefixtures("search")
@pytest.mark.parametrize(
    "more",
    [
        {"captured_from": now() - timedelta(days=50)},
        {"captured_from": now() - timedelta(days=400)},
        {"purpose": "traffic_offence", "captured_from": now() - timedelta(days=50)},
        {"role": "auditor"},
    ],
    ids=["no decision", "further than ever", "further than its purpose", "role"],
)
def test_a_refused_search_that_was_made_to_open_is_found(more: dict[str, object], client: Client) -> None:
    SearchDesk(client, now).open(audited.request("A. Peeters", **more))
    assert verified(client).intact, said(verified(client))
    audited.update(client, "searches", "fault = 0")
    assert "made to open what its purpose or decision does not" in said(verified(client))


OPERATIONS: dict[str, Callable[[list[Row], int, int], list[Row]]] = {
    "remove": lambda rows, i, _: rows[:i] + rows[i + 1 :],
    "remove all after": lambda rows, i, _: rows[:i],
    "repeat": lambda rows, i, _: [*rows, rows[i]],
    "exchange contents": lambda rows, i, j: _with(_with(rows, i, _content(rows, j)), j, _content(rows, i)),
    "exchange places": lambda rows, i, j: _with(_with(rows, i, _place(rows, j)), j, _place(rows, i)),
    "another hash": lambda rows, i, j: _with(rows, i, {"hash": rows[j]["hash"]}),
    "another actor": lambda rows, i, _: _with(rows, i, {"actor": "C. Nobody"}),
    "another time": lambda rows, i, j: _with(rows, i, {"at": rows[i]["at"] + timedelta(milliseconds=j + 1)}),
    "forged about": lambda rows, i, _: _with(rows, i, audited.forged(rows[i], about={"code": "forged"})),
    "forged in an own chain": lambda rows, i, _: [*rows, audited.forged(rows[i], chain=uuid.uuid4().hex[:16])],
}


def _with(rows: list[Row], place: int, change: Row) -> list[Row]:
    return [row | change if n == place else row for n, row in enumerate(rows)]


def _content(rows: list[Row], place: int) -> Row:
    return {name: rows[place][name] for name in ("action", "actor", "hash", "record")}


def _place(rows: list[Row], place: int) -> Row:
    return {name: rows[place][name] for name in ("chain", "seq")}


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=3
    )
)
def test_no_tampering_at_all_stays_unseen(steps: list[tuple[str, int, int]], kept: Heads, client: Client) -> None:
    whole = rows(client)
    new = whole
    for name, i, j in steps:
        if new:
            new = OPERATIONS[name](new, i % len(new), j % len(new))
    assume(_as_set(new) != _as_set(whole))
    try:
        audited.replace_all(client, new)
        assert not verified(client, heads=kept).intact
    finally:
        audited.replace_all(client, whole)
    assert verified(client, heads=kept).intact


def _as_set(rows: list[Row]) -> list[str]:
    return sorted(str(sorted(row.items())) for row in rows)


@pytest.mark.usefixtures("search")
def test_records_in_the_right_places_but_dated_back_are_found(client: Client) -> None:
    all_rows = rows(client)
    chain = [row for row in all_rows if row["chain"] == all_rows[0]["chain"]]
    new = list(audited.rewritten(chain, len(chain) - 1, at="2020-01-01T00:00:00.000Z"))
    new[-1]["at"] = new[-1]["at"].replace(year=2020, month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    audited.replace_all(client, [*new, *all_rows[len(chain) :]])
    assert "older than the record before it" in said(verified(client))
