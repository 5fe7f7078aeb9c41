"""Rows that keep coming while questions are asked: from a process of its own, which ends with its parent."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import count
from multiprocessing.process import BaseProcess
from typing import Any

from anpr.bench.store_fill import SETTINGS, insert
from anpr.bench.store_native import native
from replay.history.passages import History, Passages
from replay.history.plan import HistoryPlan
from sinks.clickhouse.client import connect

__all__ = ["LiveFeed"]

LOG = "bench/2"
SEED = 1_000
"""Other vehicles' trips than the history's."""
DAY = 2_700_000
"""Rows of one history, the last day of the other one; then comes the next."""


class LiveFeed(AbstractContextManager["LiveFeed"]):
    """Sends a block a second, as the sink does, for as long as the `with` lasts."""

    def __init__(self, dsn: str, rate_per_s: int, until: datetime, seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._stopped: Any = context.Event()
        self._rows: Any = context.Value("q", 0)
        arguments = (dsn, until, seed + SEED, rate_per_s, self._stopped, self._rows)
        self._process: BaseProcess = context.Process(target=_feed, args=arguments, daemon=True)
        self._started = 0.0
        self.rows_per_s = 0.0
        """What the store took, once it has ended."""

    def __enter__(self) -> LiveFeed:
        self._process.start()
        deadline = time.monotonic() + 60
        while not self._rows.value and self._process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        self._first, self._started = int(self._rows.value), time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.rows_per_s = (self._rows.value - self._first) / max(time.monotonic() - self._started, 0.001)
        self._stopped.set()
        self._process.join(60)
        if self._process.is_alive():
            self._process.terminate()


def _feed(dsn: str, until: datetime, seed: int, rate_per_s: int, stopped: Any, rows: Any) -> None:
    client = connect(dsn, **SETTINGS)
    started = time.monotonic()
    for block in _blocks(until, seed, rate_per_s):
        data = native(block, LOG)
        if stopped.wait(max(0.0, started + rows.value / rate_per_s - time.monotonic())):
            return
        insert(client, data)
        rows.value += len(block)


def _blocks(until: datetime, seed: int, block: int) -> Iterator[Passages]:
    for more in count():
        yield from History(HistoryPlan(DAY, until, seed + more), block).blocks()
