"""The protocol itself, below any client library."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess, start_store

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) = 1"


def ask(
    store: StoreProcess,
    body: bytes = b"",
    *,
    method: str = "POST",
    path: str = "/",
    headers: dict[str, str] | None = None,
    timeout_s: float = 60.0,
    **url: str,
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", store.port, timeout=timeout_s)
    try:
        connection.request(method, f"{path}?{urlencode(url)}" if url else path, body or None, headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def wait_until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


def health(store: StoreProcess) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ask(store, method="GET", path="/health")[2])
    return found


def test_ping_and_health(store: StoreProcess) -> None:
    assert ask(store, method="GET", path="/ping")[::2] == (200, b"Ok.\n")
    assert health(store)["status"] == "ok"


def test_headers_of_an_answer(store: StoreProcess) -> None:
    status, headers, body = ask(store, b"SELECT 1 AS a", query_id="q-1", default_format="JSONEachRow")
    assert (status, body) == (200, b'{"a":1}\n')
    assert headers["X-ClickHouse-Query-Id"] == "q-1"
    assert headers["X-ClickHouse-Format"] == "JSONEachRow"
    assert headers["X-ClickHouse-Timezone"]


def test_metrics_count(store: StoreProcess) -> None:
    def value(name: str) -> float:
        lines = ask(store, method="GET", path="/metrics")[2].decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    rows, requests = value("anpr_store_written_rows_total"), value("anpr_store_requests_total{")
    ask(store, b"INSERT INTO FUNCTION null('a UInt8') VALUES (1), (2)")
    ask(store, b"SELECT nothing")
    assert value("anpr_store_written_rows_total") == rows + 2
    assert value("anpr_store_requests_total{") == requests + 2
    assert value("anpr_store_resident_bytes") > 10_000_000
    assert value('anpr_store_waiting_requests{pool="insert"}') == 0


def test_errors_carry_code_and_text(store: StoreProcess) -> None:
    status, headers, body = ask(store, b"SELECT * FROM nothing")
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (404, "60")
    assert body.startswith(b"Code: 60. DB::Exception: ")
    assert b"(UNKNOWN_TABLE) (version " in body


def test_a_get_only_reads(store: StoreProcess) -> None:
    assert ask(store, method="GET", query="SELECT 1")[2] == b"1\n"
    assert (
        ask(store, method="GET", query="CREATE TABLE g (a UInt8) ENGINE = Memory")[1]["X-ClickHouse-Exception-Code"]
        == "164"
    )
    assert ask(store, method="GET", query="SELECT 1", readonly="0")[0] == 200
    assert ask(store, method="GET", query="CREATE DATABASE g", readonly="0")[0] >= 400


@pytest.mark.parametrize("name", ["max_threads=1,max_block_size", "a'b", "param_a;b"])
def test_illegal_parameter_names(store: StoreProcess, name: str) -> None:
    assert ask(store, b"SELECT 1", **{name: "1"})[0] == 400


def test_web_pages_are_refused(store: StoreProcess) -> None:
    assert ask(store, b"SELECT 1", headers={"Origin": "http://page.example"})[0] == 403
    assert ask(store, b"SELECT 1", headers={"Host": "rebound.example"})[0] == 403


def test_block_compression_and_external_tables_are_refused(store: StoreProcess) -> None:
    assert ask(store, b"SELECT 1", compress="1")[0] == 501
    form = b'--x\r\nContent-Disposition: form-data; name="t"; filename="t"\r\n\r\n1\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert ask(store, form, headers=headers, query="SELECT 1")[0] == 501


@pytest.mark.parametrize("framing", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_an_incomplete_body_is_not_inserted(store: StoreProcess, client: Client, table: str, framing: str) -> None:
    rows = b"1\tx\n" * 1000
    size = b"" if framing.startswith("Content") else b"%x\r\n" % len(rows)
    query = urlencode({"query": f"INSERT INTO {table} FORMAT TSV"})
    with socket.create_connection(("127.0.0.1", store.port)) as connection:
        connection.sendall(f"POST /?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n{framing}\r\n\r\n".encode() + size + rows)
        wait_until(lambda: _held_bytes(store) >= len(rows))
    wait_until(lambda: _held_bytes(store) == 0)
    assert health(store)["running"]["insert"] == 0
    assert client.query(f"SELECT count() FROM {table}").first_row == (0,)


def _held_bytes(store: StoreProcess) -> int:
    lines = ask(store, method="GET", path="/metrics")[2].decode().splitlines()
    return int(float(next(line for line in lines if line.startswith("anpr_store_held_body_bytes")).split()[-1]))


def test_a_query_ends_when_its_client_goes(store: StoreProcess) -> None:
    with socket.create_connection(("127.0.0.1", store.port)) as connection:
        connection.sendall(
            f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(ENDLESS)}\r\n\r\n{ENDLESS}".encode()
        )
        wait_until(lambda: health(store)["running"]["query"] == 1)
    wait_until(lambda: health(store)["running"]["query"] == 0)


def test_a_stream_ends_when_its_client_goes(store: StoreProcess) -> None:
    """It shows as a cancellation or at the next write, by chance: neither leaves a traceback in the log (fixture)."""
    sql = "SELECT number FROM numbers(1000000000000)"
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", store.port)) as connection:
            head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(sql)}\r\n\r\n"
            connection.sendall((head + sql).encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        wait_until(lambda: health(store)["running"]["query"] == 0)


def test_a_stream_that_fails_midway_is_broken_off(store: StoreProcess) -> None:
    sql = b"SELECT throwIf(number = 2000000) FROM numbers(10000000) SETTINGS max_threads = 1"
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask(store, sql)


def test_kill_query_by_the_clients_id(store: StoreProcess) -> None:
    answers: list[tuple[int, dict[str, str], bytes]] = []
    thread = threading.Thread(target=lambda: answers.append(ask(store, ENDLESS.encode(), query_id="to-kill")))
    thread.start()
    listed = b"SELECT count() FROM system.processes WHERE Settings['log_comment'] = 'to-kill'"
    wait_until(lambda: ask(store, listed)[2] == b"1\n")
    assert ask(store, b"SELECT 1", query_id="to-kill")[1]["X-ClickHouse-Exception-Code"] == "216"
    assert ask(store, b"KILL QUERY WHERE query_id = 'to-kill' SYNC")[0] == 200
    thread.join(10)
    assert answers[0][1]["X-ClickHouse-Exception-Code"] == "394"


def test_limits(tmp_path_factory: pytest.TempPathFactory) -> None:
    options = (
        "--query-threads",
        "1",
        "--max-waiting",
        "0",
        "--max-body-bytes",
        "1000",
        "--max-result-bytes",
        "5000",
    )
    store = start_store(tmp_path_factory.mktemp("limits"), options=options)
    try:
        assert ask(store, b"SELECT '" + b"x" * 1000 + b"'")[0] == 413
        assert ask(store, b"SELECT number FROM numbers(10000)", wait_end_of_query="1")[0] == 500
        thread = threading.Thread(target=lambda: ask(store, ENDLESS.encode(), query_id="first"))
        thread.start()
        wait_until(lambda: health(store)["running"]["query"] == 1)
        status, headers, _ = ask(store, b"SELECT 1")
        assert (status, headers["Retry-After"]) == (503, "1")
        assert ask(store, b"INSERT INTO FUNCTION null('a UInt8') VALUES (1)")[0] == 200
        wait_until(lambda: b"first" in ask(store, b"KILL QUERY WHERE query_id = 'first'")[2] or not thread.is_alive())
        thread.join(10)
    finally:
        assert store.stop() == 0


@pytest.mark.parametrize("form", ["INSERT INTO {} FORMAT TSV\n7\n", "INSERT INTO {} VALUES (7)"])
def test_an_insert_that_the_table_does_not_take_is_not_called_done(
    store: StoreProcess, client: Client, form: str
) -> None:
    """chdb's own streaming insert swallows what goes wrong after parsing; ours must not."""
    client.command(
        "CREATE TABLE IF NOT EXISTS small (a UInt64, CONSTRAINT c CHECK a < 5) ENGINE = MergeTree ORDER BY a"
    )
    client.command("CREATE TABLE IF NOT EXISTS inlet (a UInt64) ENGINE = Null")
    client.command(
        "CREATE MATERIALIZED VIEW IF NOT EXISTS view_fails TO small AS SELECT throwIf(a = 7) AS a FROM inlet"
    )
    assert ask(store, form.format("small").encode())[1]["X-ClickHouse-Exception-Code"] == "469"
    assert ask(store, form.format("inlet").encode())[1]["X-ClickHouse-Exception-Code"] == "395"
    assert client.command("SELECT count() FROM small") == 0


def test_an_insert_with_its_own_settings_takes_its_data(store: StoreProcess, client: Client, table: str) -> None:
    text = f"INSERT INTO {table} (plate, id) SETTINGS input_format_tsv_empty_as_default = 1 FORMAT TSV\nx\t\n"
    assert ask(store, text.encode())[0] == 200
    assert client.query(f"SELECT id, plate FROM {table}").result_rows == [(0, "x")]
