"""After a crash the store says what it holds, and exactly that is skipped; revisions collapse to what holds."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given
from hypothesis import strategies as st

from sinks.clickhouse.held import HeldOffsets, read_back
from tests.sinks.rows import Sink, message, passage, passages

PLACE = ("passages", 0)


def _runs(offsets: set[int]) -> list[tuple[int, int]]:
    grouped = groupby(enumerate(sorted(offsets)), key=lambda pair: pair[1] - pair[0])
    found = [[offset for _place, offset in group] for _key, group in grouped]
    return [(run[0], run[-1]) for run in found]


@given(st.sets(st.integers(0, 60)), st.integers(0, 70))
def test_held_runs_answer_like_the_set_of_offsets(offsets: set[int], asked: int) -> None:
    held = HeldOffsets()
    held.note(PLACE, _runs(offsets))
    assert held.holds(PLACE, asked) is (asked in offsets)
    assert not held.holds(("passages", 1), asked)


def test_places_that_went_to_another_worker_are_forgotten() -> None:
    held = HeldOffsets()
    held.note(PLACE, [(0, 9)])
    held.note(("hits", 0), [(0, 9)])
    held.forget([PLACE, ("reads", 5)])
    assert (held.holds(PLACE, 3), held.holds(("hits", 0), 3)) == (False, True)


def test_a_new_note_replaces_the_old_one() -> None:
    held = HeldOffsets()
    held.note(PLACE, [(0, 9)])
    held.note(PLACE, [])
    assert not held.holds(PLACE, 3)


def test_the_store_tells_runs_with_their_gaps_from_an_offset_on(sink: Sink) -> None:
    sink.store(passages([*range(10), *range(20, 25), 30]))
    assert read_back(sink.client, "passages", sink.log, 0, 0) == [(0, 9), (20, 24), (30, 30)]
    assert read_back(sink.client, "passages", sink.log, 0, 22) == [(22, 24), (30, 30)]
    assert read_back(sink.client, "passages", sink.log, 0, -1001) == [(0, 9), (20, 24), (30, 30)]
    assert read_back(sink.client, "passages", sink.log, 0, 31) == []


def test_another_partition_log_or_table_is_not_meant(sink: Sink) -> None:
    sink.store([*passages(range(5)), *passages(range(5, 9), partition=1)])
    assert read_back(sink.client, "passages", sink.log, 0, 0) == [(0, 4)]
    assert read_back(sink.client, "passages", sink.log, 1, 0) == [(5, 8)]
    assert read_back(sink.client, "passages", sink.log + "-new", 0, 0) == []
    assert read_back(sink.client, "hits", sink.log, 0, 0) == []


def test_what_was_stored_before_a_crash_is_skipped_when_it_comes_again(client: Client, sink: Sink) -> None:
    messages = passages(range(100))
    sink.store(messages[:70])  # stored; the crash comes before the commit of anything past 20
    again = Sink(client, sink.log)
    again.held.note(PLACE, read_back(client, "passages", sink.log, 0, 20))
    outcome, _refused = again.store(messages[20:])
    assert outcome.dropped == {"already_stored": 50}
    assert again.offsets("passages") == list(range(100))


def test_a_new_log_that_begins_at_offset_0_again_is_stored(client: Client, sink: Sink) -> None:
    sink.store(passages(range(50)))
    restarted = Sink(client, sink.log + "-new")
    restarted.held.note(PLACE, read_back(client, "passages", restarted.log, 0, 0))
    outcome, _refused = restarted.store(passages(range(50)))
    assert outcome.dropped == {}
    assert restarted.offsets("passages") == list(range(50))


def test_a_read_back_over_a_revised_row_stores_only_what_cannot_change_anything(client: Client, sink: Sink) -> None:
    """A row that lost against its revision is gone for the read-back. Storing it again must not bring it back."""
    ident = str(uuid.uuid4())
    old, new = (passage("1OLD111", n, passage_id=ident, confidence=n / 10) for n in (1, 2))
    sink.store([message("passages", 0, old), message("passages", 1, new)])
    again = Sink(client, sink.log)
    again.held.note(PLACE, read_back(client, "passages", sink.log, 0, 0))
    again.store([message("passages", 0, old), message("passages", 1, new)])
    assert _final(client, ident, "plate, revision") == [("1OLD111", 2)]


def _final(client: Client, ident: str, what: str) -> list[tuple[Any, ...]]:
    query = f"SELECT {what} FROM passages FINAL WHERE passage_id = {{id:UUID}} ORDER BY plate"
    return [tuple(row) for row in client.query(query, parameters={"id": ident}).result_rows]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2), (2, 3, 0, 1)])
def test_revisions_collapse_to_the_highest_in_any_order_of_arrival(order: tuple[int, ...], sink: Sink) -> None:
    ident, moment = str(uuid.uuid4()), datetime.now(UTC).isoformat()
    told = [
        passage("1ABC111", 1, passage_id=ident, captured_at=moment),
        passage("1ABC111", 2, passage_id=ident, captured_at=moment),
        passage("1ABC111", 3, passage_id=ident, captured_at=moment, withdrawn=True),
        passage("1ABC117", 3, passage_id=ident, captured_at=moment),
    ]
    for offset in order:
        sink.store([message("passages", offset, told[offset])])
    assert _final(sink.client, ident, "plate, revision, withdrawn") == [("1ABC111", 3, True), ("1ABC117", 3, False)]


def test_the_camera_registered_last_holds_whatever_its_offset_and_however_often_it_comes(
    client: Client, sink: Sink
) -> None:
    name = f"cam-{uuid.uuid4().hex[:12]}"

    def told(offset: int, stamp_ms: int, text: str) -> Any:
        record = {"camera_id": name, "name": text, "kind": "fixed"}
        return message("cameras", offset, record)._replace(timestamp_ms=stamp_ms)

    sink.store([told(40, 1000, "first"), told(41, 2000, "second")])
    assert _camera(client, name) == "second"
    Sink(client, sink.log).store([told(40, 1000, "first")])  # a crash brought an old record again
    assert _camera(client, name) == "second"
    Sink(client, sink.log + "-new").store([told(0, 3000, "third")])
    assert _camera(client, name) == "third"


def _camera(client: Client, name: str) -> str:
    query = "SELECT name FROM cameras FINAL WHERE camera_id = {id:String}"
    return str(client.query(query, parameters={"id": name}).result_rows[0][0])
