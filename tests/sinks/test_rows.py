"""ToRows: every valid example comes back from its table field by field, everything else is said and counted."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from pipeline.runtime.dead_letters import HEADER, TOPIC
from schemas.base import Contract, Part
from schemas.dead_letter import DeadLetter
from sinks.clickhouse.tables import STORED, Stored
from tests.schemas.examples import files, load
from tests.sinks.rows import Sink, letter, message, passage, plate

CASES = [(stored, path) for stored in STORED for path in files(stored.model.contract, "valid")]
UNPACKED = {"passages": "passages_unpacked"}
"""Views that put together what a table has packed."""
NOTHING: dict[str, Any] = {
    "country": "",
    "box": {"x": 0, "y": 0, "w": 0, "h": 0},
    "frame_id": uuid.UUID(int=0),
    "evidence": "",
    "track_id": "",
    "vehicle_class": "",
    "direction": "",
    "position": {"lat": 0, "lon": 0},
    "category": "",
    "fuel": "",
    "plate": "",
    "camera_id": "",
    "police_zone": "",
    "assigned_to": "",
    "instruction": "",
    "closed_how": "",
    "last_camera_id": "",
    "last_position": {"lat": 0, "lon": 0},
    "case_number": "",
    "circle": {"center": {"lat": 0, "lon": 0}, "radius_m": 0},
}
"""How a column that is not nullable says: not told. A nullable one says null."""


def _shown(name: str, value: Any) -> Any:
    """A contract's value as its column shows it."""
    if value is None:
        return NOTHING.get(name)
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-6)
    if isinstance(value, tuple):
        return [_shown(name, one) for one in value]
    if isinstance(value, Part):
        return {field: _shown(field, getattr(value, field)) for field in type(value).model_fields}
    return value


def _stored(sink: Sink, table: str) -> dict[str, Any]:
    rows = sink.client.query(
        f"SELECT * FROM {UNPACKED.get(table, table)} WHERE _log = {{log:String}}", parameters={"log": sink.log}
    )
    assert len(rows.result_rows) == 1
    return dict(zip(rows.column_names, rows.result_rows[0], strict=True))


def _assert_equal(row: dict[str, Any], record: Contract) -> None:
    for name in type(record).model_fields.keys() - {"schema_version", "candidates"}:
        value, expected = row[name], _shown(name, getattr(record, name))
        if isinstance(value, datetime):
            value = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        assert value == expected, name
        assert not isinstance(value, date) or isinstance(value, datetime)


@pytest.fixture
def unmerged(client: Client) -> Iterator[None]:
    """Every row stays as inserted: a contract's examples are revisions of one fact, which a merge would collapse."""
    for stored in STORED:
        client.command(f"SYSTEM STOP MERGES {stored.table}")
    yield
    for stored in STORED:
        client.command(f"SYSTEM START MERGES {stored.table}")


@pytest.mark.usefixtures("unmerged")
@pytest.mark.parametrize(("stored", "path"), CASES, ids=[f"{s.table}-{p.stem}" for s, p in CASES])
def test_a_valid_example_comes_back_field_by_field(stored: Stored, path: Any, sink: Sink) -> None:
    told = _unpacked_alone(stored, path.read_bytes())
    outcome, refused = sink.store([message(stored.topic, 7, told, 3)])
    assert (outcome.rejected, refused) == ([], [])
    row = _stored(sink, stored.table)
    _assert_equal(row, stored.model.model_validate_json(told))
    assert (row["_log"], row["_partition"], row["_offset"]) == (sink.log, 3, 7)
    if "candidates" in row:
        _assert_same_candidates(row["candidates"], load(path).get("candidates"))


def _unpacked_alone(stored: Stored, told: bytes) -> bytes:
    """The example; a view that shows the last revision alone is told each as a passage of its own."""
    if stored.table not in UNPACKED:
        return told
    return json.dumps(json.loads(told) | {"passage_id": str(uuid.uuid4())}).encode()


def _assert_same_candidates(stored: Any, given: list[dict[str, Any]] | None) -> None:
    """Reads keep the JSON, passages typed arrays, to the thousandth."""
    if isinstance(stored, str):
        assert (json.loads(stored) if stored else None) == given
        return
    nothing: dict[str, Any] = {"char_confidences": [], "alternatives": []}
    for kept, told in zip(stored, given or [], strict=True):
        wanted = nothing | told
        assert kept["text"] == wanted["text"]
        assert kept["confidence"] == pytest.approx(wanted["confidence"], abs=5e-5)
        assert kept["char_confidences"] == pytest.approx(wanted["char_confidences"], abs=5e-4)
        assert [(a["place"], a["char"]) for a in kept["alternatives"]] == [
            (a["place"], a["char"]) for a in wanted["alternatives"]
        ]


@pytest.mark.parametrize("path", files("dead_letter", "valid"), ids=lambda path: path.stem)
def test_a_dead_letter_is_stored_with_its_original_bytes(path: Any, sink: Sink) -> None:
    key, value = b"\x00key", bytes(range(256))
    outcome, refused = sink.store([letter(4, load(path), key, value)])
    assert (outcome.rejected, refused) == ([], [])
    row = _stored(sink, "dead_letters")
    _assert_equal(row, DeadLetter.model_validate_json(path.read_bytes()))
    assert (base64.b64decode(row["key_base64"]), base64.b64decode(row["value_base64"])) == (key, value)


def test_of_a_huge_dead_letter_the_beginning_is_stored(sink: Sink) -> None:
    header = load(files("dead_letter", "valid")[0])
    sink.store([letter(0, header, None, b"ab" * 3_000_000)])
    row = _stored(sink, "dead_letters")
    assert base64.b64decode(row["value_base64"]) == b"ab" * 32_768
    assert row["key_base64"] == ""


def test_a_letter_without_its_header_is_itself_refused(sink: Sink) -> None:
    bare = letter(0, {}, b"k", b"v")._replace(headers=())
    assert [one.reason for one in sink.rows([bare]).rejected] == ["header_missing"]
    other = letter(1, {}, b"k", b"v")
    assert [one.reason for one in sink.rows([other]).rejected] == ["wrong_schema"]
    assert dict(other.headers)[HEADER] == b"{}"


def test_json_over_several_lines_is_one_row(sink: Sink) -> None:
    texts = [json.dumps(passage(), indent=2).replace("\n", "\r\n") for _ in range(3)]
    outcome, refused = sink.store([message("passages", n, f"\n {t} \n".encode()) for n, t in enumerate(texts)])
    assert (outcome.rejected, refused) == ([], [])
    assert sink.offsets("passages") == [0, 1, 2]


def test_a_removed_entry_leaves_its_identifier_and_the_moment(sink: Sink) -> None:
    (path, *_) = files("hotlist_entry", "valid")
    key = load(path)["entry_id"].encode()
    listed = message("hotlist", 0, path.read_bytes())._replace(key=key)
    gone = message("hotlist", 1, b"")._replace(key=key, timestamp_ms=listed.timestamp_ms + 5)
    sink.store([listed])
    outcome, refused = sink.store([gone])
    assert (dict(outcome.dropped), outcome.rejected, refused) == ({}, [], [])
    rows = sink.client.query(
        "SELECT removed, plate, reason, case_number, toUnixTimestamp64Milli(ends_at) FROM hotlist_entries FINAL "
        "WHERE entry_id = {key:String}",
        parameters={"key": key.decode()},
    ).result_rows
    assert rows == [(True, "", "", "", gone.timestamp_ms)]


@pytest.mark.usefixtures("unmerged")
def test_an_entry_has_the_same_digest_however_it_is_written(sink: Sink) -> None:
    (path, *_) = files("hotlist_entry", "valid")
    told = load(path)
    other = dict(reversed(told.items()))
    sink.store([message("hotlist", 0, json.dumps(told, indent=2).encode()), message("hotlist", 1, other)])
    sink.store([message("hotlist", 2, other | {"reason": "another reason"})])
    rows = sink.client.query(
        "SELECT _digest FROM hotlist_entries WHERE _log = {log:String} ORDER BY _offset", parameters={"log": sink.log}
    ).result_rows
    first, again, changed = (row[0] for row in rows)
    assert first == again != changed


def test_a_removed_record_is_no_row_and_is_counted(sink: Sink) -> None:
    outcome, _refused = sink.store([message("cameras", 0, b"")])
    assert outcome.dropped == {"removed": 1}
    assert outcome.emitted == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"hello", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"{}", "wrong_schema"),
        (b"[]", "wrong_schema"),
        (json.dumps(passage() | {"schema_version": 9}).encode(), "unknown_version"),
    ],
)
def test_what_does_not_fit_the_contract_is_refused_and_the_others_are_stored(
    value: bytes, reason: str, sink: Sink
) -> None:
    outcome, refused = sink.store([message("passages", 0, value), message("passages", 1, passage())])
    assert [(one.message.offset, one.reason) for one in outcome.rejected] == [(0, reason)]
    assert refused == []
    assert sink.offsets("passages") == [1]


def test_a_message_cannot_write_its_own_place_in_the_log(sink: Sink) -> None:
    read = load(files("read", "valid")[0]) | {"_offset": 99, "_log": "mine"}
    outcome, refused = sink.store([message("reads", 5, read)])
    told = [*(one.reason for one in outcome.rejected), *(one.reason for one in refused)]
    assert told == ["refused_by_store"]
    assert sink.count("reads") == 0


def test_the_best_read_of_a_passage_becomes_a_row_where_that_is_asked_for(client: Client, sink: Sink) -> None:
    best = Sink(client, sink.log, reads="best")
    shown, gone = passage(plate()), passage(plate(), withdrawn=True)
    outcome, refused = best.store([message("passages", 0, gone), message("passages", 1, shown)])
    assert (outcome.rejected, refused) == ([], [])
    row = _stored(best, "reads")
    assert (str(row["read_id"]), row["plate_raw"]) == (shown["best_read_id"], shown["plate_raw"])
    assert best.offsets("passages") == [0, 1]


def test_the_best_read_is_stored_before_the_passage_that_would_hide_its_absence(client: Client, sink: Sink) -> None:
    """After a crash between two tables, the read-back asks the table of the topic: it must come last."""
    best = Sink(client, sink.log, reads="best")
    gone, shown = passage(withdrawn=True), passage()
    outcome = best.rows([message("passages", 0, gone), message("passages", 1, shown)])
    tables = list(dict.fromkeys(row.topic for row in outcome.emitted))
    assert tables == ["reads", "passages_in"]


def test_every_stored_topic_has_examples() -> None:
    assert {stored.table for stored, _path in CASES} == {stored.table for stored in STORED}
    assert TOPIC == "dead-letters"


@pytest.mark.parametrize("best_ms", [0, 1, 400, 799, 800, 801, 5000], ids=lambda ms: f"{ms} ms after the first")
def test_the_time_of_the_best_read_comes_back_wherever_it_lies(best_ms: int, sink: Sink) -> None:
    first = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    moments = {"captured_at": 0, "best_captured_at": best_ms, "last_captured_at": 800, "received_at": 900}
    told = {name: (first + timedelta(milliseconds=ms)).isoformat() for name, ms in moments.items()}
    _outcome, refused = sink.store([message("passages", 0, passage(revision=3, **told) | {"read_count": 5})])
    assert refused == []
    row = _stored(sink, "passages")
    assert {name: row[name].isoformat() for name in told} == told
    assert (row["revision"], row["read_count"]) == (3, 5)
