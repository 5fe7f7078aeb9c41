"""Starting, sharing, ending and crashing."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.embedded.child import ChildError
from anpr.embedded.store.launch import start_store
from tests.anpr.embedded.store.test_http import ENDLESS, ask, health, wait_until

pytestmark = pytest.mark.slow


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "anpr.embedded.store", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_a_folder_in_use_is_refused_in_one_sentence(folder: Path) -> None:
    store = start_store(folder)
    try:
        second = run("--path", str(folder))
        assert (second.returncode, second.stdout) == (3, "")
        assert second.stderr.strip().count("\n") == 0
        assert f"in use by process {store.pid}" in second.stderr
        with pytest.raises(ChildError, match="in use by process"):
            start_store(folder)
        assert ask(store, b"SELECT 1")[2] == b"1\n"
    finally:
        assert store.stop() == 0


def test_a_taken_port_is_refused_in_one_sentence(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("--path", str(folder), "--port", str(taken.getsockname()[1]))
    assert result.returncode == 3
    assert "cannot listen" in result.stderr
    assert result.stderr.strip().count("\n") == 0


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("--path", str(tmp_path / "file" / "store"))
    assert result.returncode == 3
    assert "cannot be written" in result.stderr


def test_other_hosts_need_a_token(folder: Path) -> None:
    assert run("--path", str(folder), "--host", "0.0.0.0").returncode == 2


def test_a_token_is_asked_for(folder: Path, tmp_path: Path, connect: Callable[..., Client]) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("s3cret\n")
    store = start_store(folder, token_file=token_file)
    try:
        assert ask(store, b"SELECT 1")[1]["X-ClickHouse-Exception-Code"] == "516"
        assert connect(store).command("SELECT 1") == 1
    finally:
        store.stop()


def test_sigterm_lets_an_insert_finish_and_keeps_the_rows(folder: Path, connect: Callable[..., Client]) -> None:
    store = start_store(folder)
    connect(store).command("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
    answers: list[int] = []
    slow = b"INSERT INTO t SELECT number + sleepEachRow(0.1) FROM numbers(10) SETTINGS max_block_size = 1"
    thread = threading.Thread(target=lambda: answers.append(ask(store, slow)[0]))
    thread.start()
    wait_until(lambda: health(store)["running"]["insert"] == 1)
    assert store.stop() == 0
    thread.join(10)
    assert answers == [200]
    again = start_store(folder)
    assert connect(again).command("SELECT count() FROM t") == 10
    assert again.stop() == 0


def test_sigterm_cancels_a_query_that_takes_too_long(folder: Path) -> None:
    store = start_store(folder, options=("--stop-timeout-s", "0.2"))
    answers: list[dict[str, str]] = []
    thread = threading.Thread(target=lambda: answers.append(ask(store, ENDLESS.encode())[1]))
    thread.start()
    wait_until(lambda: health(store)["running"]["query"] == 1)
    assert store.stop() == 0
    thread.join(10)
    assert answers[0]["X-ClickHouse-Exception-Code"] == "394"


def test_acknowledged_rows_survive_kill_9(folder: Path, connect: Callable[..., Client]) -> None:
    store = start_store(folder)
    client = connect(store, query_retries=0)
    client.command(
        "CREATE TABLE t (batch UInt64, row UInt64) ENGINE = MergeTree ORDER BY batch "
        "SETTINGS non_replicated_deduplication_window = 1000"
    )
    acknowledged = 0
    crash = threading.Timer(1.0, store.kill)
    crash.start()

    def insert(target: Client, batch: int) -> None:
        token = {"insert_deduplication_token": f"batch-{batch}"}
        target.insert("t", [[batch, row] for row in range(1000)], column_names=["batch", "row"], settings=token)

    with pytest.raises(ClickHouseError):  # noqa: PT012 - it must fail, but when is chance
        while True:
            insert(client, acknowledged)
            acknowledged += 1
    crash.join()
    again = start_store(folder)
    try:
        client = connect(again)
        found = client.query("SELECT batch, count() FROM t GROUP BY batch ORDER BY batch").result_rows
        assert acknowledged > 10
        assert found[:acknowledged] == [(batch, 1000) for batch in range(acknowledged)]
        for batch in range(acknowledged - 5, acknowledged + 1):  # again, as a sink that saw no answer
            insert(client, batch)
        assert client.command("SELECT count() FROM t") == (acknowledged + 1) * 1000
    finally:
        again.stop()


def test_the_store_ends_with_its_parent(folder: Path) -> None:
    script = (
        "import sys, pathlib; from anpr.embedded.store.launch import start_store; "
        "print(start_store(pathlib.Path(sys.argv[1])).pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        store = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    psutil.wait_procs([store], timeout=10)
    assert not store.is_running() or store.status() == psutil.STATUS_ZOMBIE


def test_the_ready_line(folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "anpr.embedded.store",
        "--path",
        str(folder),
        "--ready-file",
        str(folder / "r"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert json.loads((folder / "r").read_text()) == ready
        assert ready["pid"] == process.pid
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert time.monotonic() - started < 5
