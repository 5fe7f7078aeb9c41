"""A history into a store: generated and sent at the same time, keys for the questions picked on the way."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO, TypeVar

import numpy as np
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.bench.store_native import native
from replay.history.passages import Passages
from sinks.clickhouse.client import connect, is_outage

__all__ = ["SETTINGS", "Keys", "Pair", "Seen", "fill", "insert", "replayed", "send", "spool"]

TABLE = "passages_in"
LOG = "bench/1"
CONNECTIONS = 2
WAITS_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
SETTINGS = {
    "optimize_on_insert": 0,
    "max_partitions_per_insert_block": 0,
    "input_format_parallel_parsing": 0,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
}
"""As the sink's. Each block has a token, as the sink's has: without one the store itself digests every table's part."""
KEYS_PER_BLOCK = 60
NEAR_MS = 1_800_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A plate at a camera, as officers will ask for it."""

    plate: str
    camera_id: str
    at_ms: int
    """Since the epoch."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One vehicle at two cameras within half an hour."""

    first: Seen
    second: Seen
    escort: str = ""
    """Plate of the vehicle that always drives behind it; empty: none does."""


Key = TypeVar("Key", Seen, Pair)


@dataclass(slots=True)
class Keys:
    """Passages drawn evenly from the history, so that who passes often is drawn often. None was withdrawn."""

    since_ms: int = 0
    """None older than that."""
    seed: int = 1
    escorts: Mapping[str, str] = field(default_factory=dict)
    """Plate of a vehicle that never drives alone → of the one behind it."""
    seen: list[Seen] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    escorted: list[Pair] = field(default_factory=list)
    """Pairs of vehicles that never drive alone."""
    _rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([self.seed, 4])

    def note(self, block: Passages) -> None:
        """Pick a few of a block."""
        if block.captured_at[0] < self.since_ms:
            return
        held = block.take(_held(block))
        self.seen += _seen(held, self._rng.integers(0, len(held), KEYS_PER_BLOCK))
        pairs = _pairs(held)
        self.pairs += [_pair(held, rows) for rows in pairs[:KEYS_PER_BLOCK]]
        self.escorted += self._escorted(held, pairs)[:KEYS_PER_BLOCK]

    def _escorted(self, block: Passages, pairs: np.ndarray) -> list[Pair]:
        plates = block.plate.take(pairs[:, 0]).strings()
        rows = [(pair, self.escorts[plate]) for pair, plate in zip(pairs, plates, strict=True) if plate in self.escorts]
        return [_pair(block, pair, escort) for pair, escort in rows]

    def shuffled(self) -> Keys:
        """The same in an order of chance, with different plates only."""
        out = Keys(self.since_ms, self.seed, self.escorts)
        out.seen += self._mixed({seen.plate: seen for seen in self.seen})
        out.pairs += self._mixed({pair.first.plate: pair for pair in self.pairs})
        out.escorted += self._mixed({pair.first.plate: pair for pair in self.escorted})
        return out

    def _mixed(self, by_plate: Mapping[str, Key]) -> list[Key]:
        found = list(by_plate.values())
        return [found[n] for n in self._rng.permutation(len(found))]


def _held(block: Passages) -> np.ndarray:
    """Rows that no later one of the block withdraws or revises; withdrawals come in the block of what they withdraw."""
    identifiers = np.ascontiguousarray(block.passage_id).view("V16").ravel()
    _, last = np.unique(identifiers[::-1], return_index=True)
    rows = np.sort(len(block) - 1 - last)
    held: np.ndarray = rows[~block.withdrawn[rows]]
    return held


def _seen(block: Passages, rows: np.ndarray) -> list[Seen]:
    plates = block.plate.take(rows).strings()
    cameras = [block.camera_id.names[code] for code in block.camera_id.codes[rows]]
    times = block.captured_at[rows].tolist()
    return [Seen(*row) for row in zip(plates, cameras, times, strict=True)]


def _pair(block: Passages, rows: np.ndarray, escort: str = "") -> Pair:
    first, second = _seen(block, rows)
    return Pair(first, second, escort)


def _pairs(block: Passages) -> np.ndarray:
    """Rows of neighbours in time of one plate at two cameras, within half an hour; in an order that means nothing."""
    width = block.plate.chars.shape[1]
    plates = np.ascontiguousarray(block.plate.chars).view(f"S{width}").ravel()
    order = np.lexsort((block.captured_at, plates))
    first, second = order[:-1], order[1:]
    apart_ms = block.captured_at[second] - block.captured_at[first]
    near = (plates[first] == plates[second]) & (apart_ms > 0) & (apart_ms < NEAR_MS)
    both = near & (block.camera_id.codes[first] != block.camera_id.codes[second])
    pairs = np.stack([first[both], second[both]], axis=1)
    return pairs[np.argsort(pairs[:, 0] * 40_503 % 65_536, kind="stable")]


def fill(dsn: str, blocks: Iterable[Passages], keys: Keys) -> Iterator[int]:
    """Send blocks as they are made; yields how many rows the store has acknowledged so far."""
    made = _encoded(blocks, keys)
    yield from send(dsn, made)


def _encoded(blocks: Iterable[Passages], keys: Keys) -> Iterator[tuple[int, bytes]]:
    for block in blocks:
        keys.note(block)
        yield len(block), native(block, LOG)


def send(dsn: str, encoded: Iterable[tuple[int, bytes]], connections: int = CONNECTIONS) -> Iterator[int]:
    """Insert Native blocks on so many connections; yields the rows acknowledged so far, at each block."""
    clients = [connect(dsn, **SETTINGS) for _ in range(connections)]
    pool = ThreadPoolExecutor(connections)
    waiting: deque[tuple[int, Future[object]]] = deque()
    done = 0
    try:
        for number, (rows, data) in enumerate(encoded):
            if len(waiting) >= connections:
                done += _acknowledged(waiting)
                yield done
            waiting.append((rows, pool.submit(insert, clients[number % connections], data)))
        while waiting:
            done += _acknowledged(waiting)
            yield done
    finally:
        pool.shutdown(cancel_futures=True)
        for client in clients:
            client.close()


def insert(client: Client, data: bytes) -> None:
    """One Native block, sent again while the store cannot take it for now, as the sink does."""
    settings = {"insert_deduplication_token": hashlib.blake2b(data, digest_size=16).hexdigest()}
    for wait_s in WAITS_S:
        try:
            client.raw_insert(TABLE, insert_block=data, fmt="Native", settings=settings)
        except ClickHouseError as error:
            if not is_outage(error):
                raise
            time.sleep(wait_s)
        else:
            return
    client.raw_insert(TABLE, insert_block=data, fmt="Native", settings=settings)


def _acknowledged(waiting: deque[tuple[int, Future[object]]]) -> int:
    rows, future = waiting.popleft()
    future.result()
    return rows


def spool(history: Iterable[Passages], keys: Keys, file: IO[bytes]) -> int:
    """Write encoded blocks one behind the other, to be sent later at full speed; returns their rows."""
    total = 0
    for rows, data in _encoded(history, keys):
        file.write(rows.to_bytes(8, "little") + len(data).to_bytes(8, "little") + data)
        total += rows
    return total


def replayed(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """What `spool` wrote."""
    file.seek(0)
    while head := file.read(16):
        yield int.from_bytes(head[:8], "little"), file.read(int.from_bytes(head[8:], "little"))
