"""ClickHouseOutput: one lost answer stores nothing twice, an outage is waited out, a bad row is picked out."""

from __future__ import annotations

import functools
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

from anpr.embedded.store.launch import StoreProcess, start_store
from pipeline.outcome import Outcome
from pipeline.runtime.waiting import LeftWaiting, patiently
from sinks.clickhouse import writer
from sinks.clickhouse.client import StoreUnreachable, connect, error_code, is_outage
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.tables import STORED
from sinks.clickhouse.writer import SETTINGS, ClickHouseOutput
from tests.sinks.rows import Sink, message, passage, passages


def test_the_same_block_sent_again_after_a_lost_answer_is_stored_once(sink: Sink) -> None:
    output = ClickHouseOutput(sink.client, sink.clock, sink.metrics)
    outcome = sink.rows(passages(range(100)))
    assert output.deliver(outcome, lambda: None) == []
    assert output.deliver(outcome, lambda: None) == []
    assert sink.offsets("passages") == list(range(100))


def test_blocks_that_differ_are_both_stored(sink: Sink) -> None:
    sink.store(passages(range(10)))
    sink.store(passages(range(10, 20)))
    assert sink.offsets("passages") == list(range(20))


class _Answers:
    """A client whose answers are lost a few times after the store has taken the rows."""

    def __init__(self, client: Client, lost: int) -> None:
        self._client, self._lost = client, lost

    def raw_insert(self, *args: object, **more: object) -> None:
        self._client.raw_insert(*args, **more)  # type: ignore[arg-type]
        self._lost -= 1
        if self._lost >= 0:
            raise OperationalError("connection reset")


def test_a_lost_answer_is_asked_for_again_with_growing_pauses(sink: Sink) -> None:
    waited: list[int] = []
    output = ClickHouseOutput(_Answers(sink.client, lost=4), sink.clock, sink.metrics)  # type: ignore[arg-type]
    outcome = sink.rows(passages(range(50)))
    assert output.deliver(outcome, lambda: waited.append(1)) == []
    assert sink.offsets("passages") == list(range(50))
    assert len(waited) == len(sink.clock.slept) == 4
    assert all(
        0.5 * base <= slept <= 1.5 * base for slept, base in zip(sink.clock.slept, (0.2, 0.4, 0.8, 1.6), strict=True)
    )


class _Slow:
    """A client whose store takes the rows only after somebody has waited for it."""

    def __init__(self, client: Client, until: threading.Event) -> None:
        self._client, self._until = client, until

    def raw_insert(self, *args: object, **more: object) -> None:
        assert self._until.wait(30), "nobody showed life while the store was slow"
        self._client.raw_insert(*args, **more)  # type: ignore[arg-type]


def test_who_waits_for_a_slow_store_shows_life_and_sends_nothing_twice(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "patiently", functools.partial(patiently, quiet_s=0.05))
    shown = threading.Event()
    output = ClickHouseOutput(_Slow(sink.client, shown), sink.clock, sink.metrics)  # type: ignore[arg-type]
    assert output.deliver(sink.rows(passages(range(50))), shown.set) == []
    assert sink.offsets("passages") == list(range(50))
    assert sink.clock.slept == []


def test_who_may_not_wait_any_longer_is_not_held_by_a_store_that_says_nothing(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "patiently", functools.partial(patiently, quiet_s=0.05))
    output = ClickHouseOutput(_Slow(sink.client, threading.Event()), sink.clock, sink.metrics)  # type: ignore[arg-type]

    def end() -> None:
        raise LeftWaiting("told to end")

    with pytest.raises(LeftWaiting):
        output.deliver(sink.rows(passages(range(5))), end)


@pytest.mark.slow
@pytest.mark.parametrize("bad", [{"withdrawn": "maybe"}, {"frame_id": "no uuid"}, {"lane": -1}, {"box": [1, 2]}])
def test_a_bad_row_among_a_thousand_is_picked_out_and_the_others_are_stored(bad: dict[str, object], sink: Sink) -> None:
    messages = passages(range(1000))
    messages[617] = message("passages", 617, passage() | bad)
    _outcome, refused = sink.store(messages)
    assert [(one.message.offset, one.reason) for one in refused] == [(617, "refused_by_store")]
    assert refused[0].detail
    assert sink.offsets("passages") == [n for n in range(1000) if n != 617]
    assert sink.metrics.registry.get_sample_value("anpr_rows_stored_total", {"table": "passages"}) == 999


@pytest.mark.parametrize("field", ["withdrawn", "frame_id", "lane", "box", "position"])
def test_a_refusal_says_what_is_wrong_and_nothing_of_what_is_in_the_row(field: str, sink: Sink) -> None:
    _outcome, refused = sink.store([message("passages", 1, passage() | {field: "1QUO123"})])
    assert [one.reason for one in refused] == ["refused_by_store"]
    assert "1QUO123" not in refused[0].detail
    assert refused[0].detail.startswith("ClickHouse's error ")
    assert field in refused[0].detail or "CANNOT_PARSE" in refused[0].detail, refused[0].detail


WRONG = ("x", -1, 10**30, ["x"], {"lat": "n", "x": -1}, "\ud83d", float("inf"))


@pytest.mark.slow
@pytest.mark.parametrize("table", [stored.table for stored in STORED])
def test_no_value_of_any_column_is_taken_for_an_outage(table: str, client: Client) -> None:
    """Else one message would hold up the flow for ever."""
    query = "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}"
    columns = [row[0] for row in client.query(query, parameters={"table": table}).result_rows]
    outages, refused = [], 0
    for column in columns:
        for value in WRONG:
            block = json.dumps({column: value, "_log": "wrong"}).encode()
            try:
                client.raw_insert(table, insert_block=block, fmt="JSONEachRow", settings=SETTINGS)
            except ClickHouseError as error:
                refused += 1
                outages += [(column, value, str(error))] if is_outage(error) else []
    assert outages == []
    assert refused > len(columns)


def test_rows_of_very_many_months_are_stored_all_the_same(sink: Sink) -> None:
    """Each month is a partition, and ClickHouse would by default refuse a block of more than a hundred."""
    months = [f"{year}-{month:02d}-01T00:00:00Z" for year in range(2010, 2030) for month in range(1, 13)]
    read = {"confidence": 0.5, "camera_id": "c", "plate_raw": "X", "received_at": months[0]}
    ids = [f"00000000-0000-4000-8000-{n:012d}" for n in range(len(months))]
    sent = [message("reads", n, read | {"captured_at": month, "read_id": ids[n]}) for n, month in enumerate(months)]
    waited: list[int] = []

    def give_up() -> None:
        waited.append(1)
        raise AssertionError("the store was taken to be down")

    _outcome, refused = sink.store(sent, give_up)
    assert (refused, waited) == ([], [])


def test_tables_of_one_outcome_are_all_written(sink: Sink) -> None:
    camera = {"camera_id": "c", "name": "Street", "kind": "fixed"}
    sink.store([*passages(range(3)), message("cameras", 0, camera), message("passages", 3, passage())])
    assert (sink.count("passages"), sink.count("cameras")) == (4, 1)


def test_rows_on_their_way_are_shown_and_blocks_timed(sink: Sink) -> None:
    shown: list[dict[str, float | None]] = []
    names = ("anpr_store_queue_rows", "anpr_store_inserts_running")

    def look() -> None:
        shown.append({name: sink.metrics.registry.get_sample_value(name) for name in names})

    output = ClickHouseOutput(_Answers(sink.client, lost=2), sink.clock, sink.metrics)  # type: ignore[arg-type]
    output.deliver(sink.rows(passages(range(20))), look)
    look()
    value = sink.metrics.registry.get_sample_value
    waiting, done = {names[0]: 20, names[1]: 0}, {names[0]: 0, names[1]: 0}
    assert shown == [waiting, waiting, done]
    assert value("anpr_store_inserts_failed_total", {"reason": "outage"}) == 2
    assert value("anpr_store_insert_seconds_count", {"table": "passages"}) == 3


def test_nothing_to_store_is_nothing_to_do(sink: Sink) -> None:
    assert ClickHouseOutput(sink.client, sink.clock, sink.metrics).deliver(Outcome(), lambda: None) == []


@pytest.fixture
def own(folder: Path) -> Iterator[StoreProcess]:
    """A store that a test may hurt."""
    store = start_store(folder)
    yield store
    store.child.kill()


def _impatient(dsn: str) -> Client:
    """As `connect`, but it takes a store that says nothing for two seconds for one that is down."""
    import clickhouse_connect

    return clickhouse_connect.get_client(
        dsn=dsn,
        autogenerate_session_id=False,
        settings={"async_insert": 0},
        connect_timeout=2,
        send_receive_timeout=2,
    )


def test_a_store_that_is_killed_is_waited_for_and_nothing_is_lost_or_doubled(own: StoreProcess, folder: Path) -> None:
    sink = Sink(connect(own.dsn), log="killed")
    migrate(sink.client)
    sink.store(passages(range(1000)))
    own.kill()
    restarted: list[StoreProcess] = []

    def while_waiting() -> None:
        if not restarted:
            restarted.append(start_store(folder, port=own.port))

    try:
        assert sink.store(passages(range(1000, 2000)), while_waiting)[1] == []
        assert len(restarted) == 1
        assert sink.offsets("passages") == list(range(2000))
    finally:
        sink.client.close()
        for store in restarted:
            store.child.kill()


@pytest.mark.slow
def test_a_store_that_is_frozen_is_waited_for(own: StoreProcess) -> None:
    migrate(connect(own.dsn))
    client = _impatient(own.dsn)
    sink, waited = Sink(client, log="frozen"), threading.Event()
    os.kill(own.pid, signal.SIGSTOP)

    def while_waiting() -> None:
        if not waited.is_set():
            os.kill(own.pid, signal.SIGCONT)
        waited.set()

    assert sink.store(passages(range(500)), while_waiting)[1] == []
    assert waited.is_set()
    assert sink.offsets("passages") == list(range(500))
    client.close()


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (OperationalError("timed out"), True),
        (DatabaseError("HTTPDriver url http://x returned response code 500)\nCode: 27. DB::Exception: …"), False),
        (DatabaseError("error code 241, memory"), True),
        (DatabaseError("Code: 60. DB::Exception: no table"), True),
        (DatabaseError("something without a number"), True),
    ],
)
def test_what_counts_as_an_outage(error: Exception, outage: bool) -> None:
    assert is_outage(error) is outage


def test_the_number_of_a_real_error_is_found(client: Client) -> None:
    with pytest.raises(ClickHouseError) as caught:
        client.query("SELECT * FROM no_such_table")
    assert error_code(caught.value) == 60
    assert error_code(ValueError("no number")) is None


@pytest.mark.parametrize(
    "dsn",
    [
        "http://u:s3cret@127.0.0.1:1/default",
        "http://u:s3cret@no-such-host.invalid/default",
        "http://u:s3cret@127.0.0.1:port/default",
        "my-store",
        "",
        "ftp://u:s3cret@127.0.0.1/",
    ],
)
def test_a_dsn_where_no_store_is_gives_one_clear_error_without_the_password(dsn: str) -> None:
    with pytest.raises(StoreUnreachable) as caught:
        connect(dsn)
    assert "no ClickHouse at" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
