"""A disk that fills up: inserts are refused clearly, nothing acknowledged is lost, and it goes on by itself."""

import contextlib
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess, start_store
from sinks.clickhouse.client import connect, is_outage
from sinks.clickhouse.migrate import migrate
from tests.anpr.embedded.store.test_http import ask, health
from tests.sinks.rows import passage

MIB = 1 << 20
TABLES = ("passages", "passages_by_camera", "plates")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MiB, of which a ballast file holds 24."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("needs the right to mount a small tmpfs, which this user has not")
    (place / "ballast").write_bytes(bytes(24 * MIB))
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def _block(number: int) -> bytes:
    """Passages whose random texts no codec makes small: about 0.8 MB a block."""
    lines = []
    for row in range(500):
        text = os.urandom(6).hex().upper()
        lines.append(
            f'{{"passage_id":"{uuid.UUID(int=number * 1000 + row)}","plate":"{text}","camera_id":"cam-1",'
            f'"captured_at":"{passage()["captured_at"]}","frame_id":"{uuid.uuid4()}","evidence":"{os.urandom(1600).hex()}"}}'
        )
    return "\n".join(lines).encode()


def _insert(store: StoreProcess, block: bytes) -> tuple[int, dict[str, str], bytes]:
    query = "INSERT INTO passages_in SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow"
    return ask(store, block, query=query)


def _counts(client: Client) -> list[int]:
    return [int(client.command(f"SELECT count() FROM {table} FINAL")) for table in TABLES]


def _fill(store: StoreProcess) -> tuple[list[bytes], bytes, tuple[int, dict[str, str], bytes]]:
    """Blocks that were acknowledged, the first one that was not, and what the store said of it."""
    taken: list[bytes] = []
    while len(taken) < 200:
        block = _block(len(taken))
        answer = _insert(store, block)
        if answer[0] != 200:
            return taken, block, answer
        taken.append(block)
    raise AssertionError("the disk never filled up")


@pytest.mark.slow
@pytest.mark.parametrize("keep_free", [8 * MIB, 0], ids=["refused before it is full", "really full"])
def test_a_disk_that_fills_up_loses_nothing_and_goes_on_by_itself(small_disk: Path, keep_free: int) -> None:
    options = ("--min-free-bytes", str(keep_free))
    store = start_store(small_disk / "store", options=options)
    try:
        client = connect(store.dsn)
        migrate(client)
        taken, refused, (status, headers, text) = _fill(store)
        assert (status, headers["X-ClickHouse-Exception-Code"]) == (503, "243")
        assert headers["Retry-After"]
        assert b"disk of the store is full: make room" in text
        assert len(taken) > 3
        if keep_free:
            assert health(store)["status"] == "disk_full"
            assert ask(store, method="GET", path="/health")[0] == 503
        assert _counts(client)[0] >= len(taken) * 500, "questions are answered, and what was acknowledged is there"
        (small_disk / "ballast").unlink()
        assert _insert(store, refused)[0] == 200, "there is room again: the same block is taken"
        assert _insert(store, refused)[0] == 200
        assert _counts(client) == [(len(taken) + 1) * 500] * 3
        assert health(store)["status"] == "ok"
    finally:
        assert store.stop() == 0
    again = start_store(small_disk / "store", options=options)
    try:
        assert _counts(connect(again.dsn)) == [(len(taken) + 1) * 500] * 3
    finally:
        again.stop()


def test_the_sink_waits_when_there_is_no_room(folder: Path) -> None:
    """Where no small disk can be made: a store that wants more free space than any disk has."""
    store = start_store(folder, options=("--min-free-bytes", str(1 << 60)))
    try:
        client = connect(store.dsn)
        client.command("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
        with pytest.raises(Exception, match="disk of the store is full") as raised:
            client.raw_insert("t", insert_block=b"1\n", fmt="TSV")
        assert is_outage(raised.value), "so the writer sends it again, and no row goes to the dead letters"
        assert health(store)["status"] == "disk_full"
        assert client.command("SELECT count() FROM t") == 0
    finally:
        store.stop()


def test_a_store_on_a_full_disk_says_so_in_one_sentence(small_disk: Path) -> None:
    with (small_disk / "rest").open("wb", buffering=0) as rest, contextlib.suppress(OSError):
        while rest.write(bytes(65536)):
            pass
    command = [sys.executable, "-m", "anpr.embedded.store", "--path", str(small_disk / "store")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stderr.strip().count("\n") == 0
    assert "No space left" in done.stderr
