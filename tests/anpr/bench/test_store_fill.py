"""What the benchmark sends: Native blocks say the same as the sink's JSON, and keys are of passages that hold."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from anpr.bench.store_fill import SETTINGS, Keys, insert, replayed, send, spool
from anpr.bench.store_json import json_rows
from anpr.bench.store_native import native
from anpr.bench.store_size import settled, sizes, whole_months
from anpr.embedded.store.launch import StoreProcess, start_store
from replay.history.passages import History, Passages
from replay.history.plan import HistoryPlan
from replay.history.plates import spell
from replay.history.trips import escorts
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.writer import SETTINGS as SINK_SETTINGS

pytestmark = pytest.mark.slow

MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    process = start_store(tmp_path_factory.mktemp("store"))
    migrate(connect(process.dsn))
    yield process
    process.stop()


@pytest.fixture
def client(store: StoreProcess) -> Iterator[Client]:
    """With empty tables of passages."""
    client = connect(store.dsn, **SETTINGS)
    for table in ("passages", "passages_by_camera", "plates", "camera_minutes"):
        client.command(f"TRUNCATE TABLE {table}")
    yield client
    client.close()


@pytest.fixture(scope="module")
def history() -> History:
    return History(HistoryPlan(20_000, MIDNIGHT, seed=3), 4000)


@pytest.fixture(scope="module")
def blocks(history: History) -> list[Passages]:
    return list(history.blocks())


def _rows(client: Client, table: str, order: str, **settings: Any) -> list[Any]:
    return list(client.query(f"SELECT * FROM {table} ORDER BY {order}", settings=settings).result_rows)


def test_native_says_the_same_as_the_sinks_json(client: Client, blocks: list[Passages]) -> None:
    orders = {
        "passages": "passage_id, plate, revision, withdrawn",
        "passages_by_camera": "camera_id, captured_at, plate, passage_tag, revision, withdrawn",
        "plates": "plate",
    }
    insert(client, native(blocks[0], "log"))
    told = {table: _rows(client, table, order) for table, order in orders.items()}
    for table in orders:
        client.command(f"TRUNCATE TABLE {table}")
    lines = b"\n".join(json_rows(blocks[0], "log"))
    client.raw_insert("passages_in", insert_block=lines, fmt="JSONEachRow", settings=SINK_SETTINGS)
    for table, order in orders.items():
        assert _rows(client, table, order) == told[table]
    assert len(told["passages"]) == len(blocks[0])


def test_a_block_that_is_sent_again_is_stored_once(client: Client, blocks: list[Passages]) -> None:
    for _ in range(2):
        insert(client, native(blocks[1], "log"))
    assert client.query("SELECT count() FROM passages").result_rows == [(len(blocks[1]),)]


def test_all_that_is_spooled_is_sent(store: StoreProcess, client: Client, blocks: list[Passages]) -> None:
    file = io.BytesIO()
    rows = spool(iter(blocks), Keys(), file)
    assert rows == sum(map(len, blocks))
    acknowledged = list(send(store.dsn, replayed(file)))
    assert acknowledged == sorted(acknowledged)
    assert acknowledged[-1] == rows
    for _ in settled(client):
        pass
    size = sizes(client)
    assert size.passages == 20_000
    merged = list(whole_months(client))
    assert {what.split()[0] for what in merged} == {"passages", "passages_by_camera", "plates", "camera_minutes"}
    size = sizes(client)
    assert size.passages == 20_000
    assert sum(size.parts.values()) == len(merged)
    assert 40 < size.bytes_per_row < 90
    assert size.bytes_per_row == pytest.approx(sum(size.by_table.values()), abs=0.1)


def _living(blocks: list[Passages]) -> set[tuple[str, str, int]]:
    """Plate, camera and moment of what holds."""
    gone: set[tuple[str, str, int]] = set()
    said: set[tuple[str, str, int]] = set()
    for block in blocks:
        cameras = [block.camera_id.names[code] for code in block.camera_id.codes]
        rows = zip(block.plate.strings(), cameras, block.captured_at.tolist(), strict=True)
        for row, withdrawn in zip(rows, block.withdrawn.tolist(), strict=True):
            (gone if withdrawn else said).add(row)
    return said - gone


def test_keys_are_of_passages_that_hold(history: History, blocks: list[Passages]) -> None:
    led, behind = (spell(vehicles).plate.strings() for vehicles in escorts(history.plan))
    keys = Keys(seed=1, escorts=dict(zip(led, behind, strict=True)))
    for block in blocks:
        keys.note(block)
    keys = keys.shuffled()
    living = _living(blocks)
    seen = [*keys.seen, *(one for pair in keys.pairs for one in (pair.first, pair.second))]
    assert len(keys.seen) > 100
    assert len(keys.pairs) > 100
    assert all((one.plate, one.camera_id, one.at_ms) in living for one in seen)
    assert len({one.plate for one in keys.seen}) == len(keys.seen)
    assert all(0 < pair.second.at_ms - pair.first.at_ms < 1_800_000 for pair in keys.pairs)
    assert all(pair.first.plate == pair.second.plate and not pair.escort for pair in keys.pairs)
    assert keys.escorted
    assert all(dict(zip(led, behind, strict=True))[pair.first.plate] == pair.escort for pair in keys.escorted)


def test_no_key_is_older_than_wanted(blocks: list[Passages]) -> None:
    keys = Keys(since_ms=round((MIDNIGHT + timedelta(days=1)).timestamp() * 1000))
    keys.note(blocks[0])
    assert not keys.seen
    assert not keys.pairs
