"""Under load: nobody starves anybody, memory has an end, and a crash in the middle leaves nothing by halves."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.embedded.store.launch import StoreProcess, start_store
from sinks.clickhouse.client import connect as connect_to
from sinks.clickhouse.migrate import migrate
from tests.anpr.embedded.store.test_http import ENDLESS, ask, health, wait_until

pytestmark = pytest.mark.slow

MIB = 1 << 20
ENDLESS_INSERT = f"INSERT INTO FUNCTION null('a UInt64') {ENDLESS.replace('count()', 'number')}"
GREEDY = "SELECT length(groupArray(number)) FROM numbers({})"
"""Holds 8 bytes a number."""


@contextmanager
def kept_busy(store: StoreProcess, pool: str, query: str, threads: int) -> Iterator[None]:
    """All threads of a pool run this query without end, and as many more wait, for as long as the block lasts."""
    asked = [
        threading.Thread(target=ask, args=(store, query.encode()), kwargs={"query_id": f"busy-{pool}-{n}"})
        for n in range(2 * threads)
    ]
    for thread in asked:
        thread.start()
    try:
        wait_until(lambda: health(store)["running"][pool] == health(store)["waiting"][pool] == threads)
        yield
        assert health(store)["running"][pool] == threads, "they were busy all the time"
    finally:
        for thread in asked:
            while thread.is_alive():
                ask(store, f"KILL QUERY WHERE startsWith(Settings['log_comment'], 'busy-{pool}') ASYNC".encode())
                thread.join(0.05)


def test_long_queries_do_not_keep_inserts_waiting(store: StoreProcess, client: Client, table: str) -> None:
    with kept_busy(store, "query", ENDLESS, threads=4):
        for number in range(20):
            assert ask(store, f"INSERT INTO {table} VALUES ({number}, 'x')".encode())[0] == 200
    assert client.command(f"SELECT count() FROM {table}") == 20


def test_long_inserts_do_not_keep_queries_waiting(store: StoreProcess) -> None:
    with kept_busy(store, "insert", ENDLESS_INSERT, threads=2):
        for number in range(20):
            assert ask(store, f"SELECT {number}".encode())[2] == f"{number}\n".encode()


def test_what_waits_is_done_once_there_is_a_thread_and_dropped_when_its_client_goes(store: StoreProcess) -> None:
    with kept_busy(store, "query", ENDLESS, threads=4):
        gone = threading.Thread(target=_ask_and_go, args=(store,))
        gone.start()
        wait_until(lambda: health(store)["waiting"]["query"] == 5)
        gone.join(10)
        wait_until(lambda: health(store)["waiting"]["query"] == 4)
    assert ask(store, b"SELECT 1")[2] == b"1\n"


def _ask_and_go(store: StoreProcess) -> None:
    with pytest.raises(TimeoutError):
        ask(store, b"SELECT 1", timeout_s=1.0)


def test_a_query_that_needs_100_gb_is_refused_and_the_store_lives(store: StoreProcess, table: str) -> None:
    before = ask(store, GREEDY.format(10).encode())[2]
    status, headers, text = ask(store, GREEDY.format(100_000_000_000 // 8).encode())
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (500, "241")
    assert b"MEMORY_LIMIT_EXCEEDED" in text
    assert health(store)["resident_bytes"] < 2048 * MIB
    assert ask(store, GREEDY.format(10).encode())[2] == before == b"10\n"
    assert ask(store, f"INSERT INTO {table} VALUES (1, 'x')".encode())[0] == 200


def test_many_greedy_queries_together_stay_within_the_memory_of_the_store(folder: Path) -> None:
    """Each one alone would be allowed; inserts go on meanwhile."""
    limits = ("--max-server-memory-bytes", str(700 * MIB), "--max-memory-bytes", str(600 * MIB))
    store = start_store(folder, options=limits)
    try:
        assert ask(store, b"CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")[0] == 200
        greedy = GREEDY.format(30_000_000).encode()
        assert ask(store, greedy)[0] == 200, "one alone"
        with ThreadPoolExecutor(5) as pool:
            answers = [pool.submit(ask, store, greedy) for _ in range(12)]
            taken = pool.submit(lambda: [_insert(store, n) for n in range(20)]).result()
        codes = {one.result()[1].get("X-ClickHouse-Exception-Code", "0") for one in answers}
        assert codes <= {"0", "241"}
        assert taken == [200] * 20
        assert ask(store, b"SELECT count() FROM t")[2] == b"20\n"
        resident = health(store)["resident_bytes"]
        assert resident < 2000 * MIB, "the limit, the program itself, and what the allocator keeps; without: 7 GiB"
    finally:
        assert store.stop() == 0


def _insert(store: StoreProcess, number: int) -> int:
    """As the sink does it: sent again while the store says that waiting may help."""
    for _ in range(1000):
        status, headers, _text = ask(store, f"INSERT INTO t VALUES ({number})".encode())
        if headers.get("X-ClickHouse-Exception-Code") != "241":
            return status
    raise AssertionError("no memory was left for a row of 8 bytes")


# ---- kill -9 ---------------------------------------------------------------------------------------------------------

ROWS = 2000
PASSAGES = f"""INSERT INTO passages_in (passage_id, plate, plate_key, camera_id, captured_at)
SELECT
    toUUID(concat('00000000-0000-0000-', leftPad(hex({{batch:UInt16}}), 4, '0'), '-', leftPad(hex(number), 12, '0'))),
    concat('P', toString(number)), concat('P', toString(number)), concat('cam-', toString(number % 7)),
    toDateTime64('2026-03-01 12:00:00', 3, 'UTC') + toIntervalMinute({{batch:UInt16}})
FROM numbers({ROWS})"""
BATCH = "toUInt32(dateDiff('minute', toDateTime64('2026-03-01 12:00:00', 3, 'UTC'), captured_at))"
"""Of which batch a row is."""
COUNTS = """SELECT
    (SELECT count() FROM passages FINAL), (SELECT count() FROM passages_by_camera FINAL),
    (SELECT uniqExact(plate) FROM plates)"""


def test_kill_9_leaves_nothing_by_halves_once_the_last_batch_is_sent_again(
    folder: Path, connect: Callable[..., Client]
) -> None:
    """One INSERT fills several tables through views; a crash may come between them. What was acknowledged is whole."""
    store = start_store(folder)
    migrate(connect_to(store.dsn))
    client = connect(store, query_retries=0)
    crash = threading.Timer(1.5, store.kill)
    crash.start()
    acknowledged = 0
    with pytest.raises(ClickHouseError):  # noqa: PT012 - it must fail, but when is chance
        while True:
            put_batch(client, acknowledged)
            acknowledged += 1
    crash.join()
    assert acknowledged > 3
    again = start_store(folder)
    try:
        client = connect(again)
        assert client.command("SELECT count() FROM passages FINAL") >= acknowledged * ROWS
        for batch in range(acknowledged - 2, acknowledged + 1):  # as a sink that saw no answer
            put_batch(client, batch)
        whole = (acknowledged + 1) * ROWS
        assert client.query(COUNTS).first_row == (whole, whole, ROWS)
        assert client.command("CHECK TABLE passages SETTINGS check_query_single_value_result = 1") == 1
    finally:
        assert again.stop() == 0


def put_batch(client: Client, number: int) -> None:
    """Insert one batch; sent again it changes nothing."""
    client.command(PASSAGES, parameters={"batch": number}, settings={"insert_deduplication_token": f"batch-{number}"})
