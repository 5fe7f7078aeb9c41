"""The writer: blocks of rows into tables, sent again unchanged until acknowledged, bad rows picked out."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from pipeline.outcome import Block, Emit, Outcome, Rejection
from pipeline.runtime.clock import Clock
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.waiting import patiently
from sinks.clickhouse.client import is_outage, without_content
from sinks.clickhouse.controllers import CONTROLLERS
from sinks.clickhouse.outage import pauses

__all__ = ["ClickHouseOutput"]

LOGGER = logging.getLogger(__name__)
READ_FROM = {stored.goes_into: stored.table for controller in CONTROLLERS for stored in controller.stored}
"""Rows are counted by the table that they are read from, also where they go in by an inlet."""
SETTINGS = {
    "date_time_input_format": "best_effort",
    "input_format_skip_unknown_fields": 1,
    "input_format_null_as_default": 1,
    "input_format_defaults_for_omitted_fields": 1,
    # A block of many months is slow, but waiting would not mend it: without this it would be taken for an outage.
    "max_partitions_per_insert_block": 0,
    # A fifth of the processor time of an insert each: blocks are small, and merges collapse revisions anyway.
    "input_format_parallel_parsing": 0,
    "optimize_on_insert": 0,
    # Each of the tables behind an inlet drops what it has, so a block of which one lacks its part may be sent again.
    "deduplicate_blocks_in_dependent_materialized_views": 1,
}


class ClickHouseOutput:
    """`Output` that inserts rows: JSON one by one, or many as columns; their topic is the table.

    A block keeps its bytes and its token over all tries, so the table's deduplication window drops a block that
    was stored although its answer was lost. The token is the digest of the block: different rows never share one.
    """

    def __init__(self, client: Client, clock: Clock, metrics: Metrics) -> None:
        self._client, self._clock, self._metrics = client, clock, metrics

    def deliver(self, outcome: Outcome, while_waiting: Callable[[], None]) -> list[Rejection]:
        """Insert all rows; returns those that the store will never take. Waits out an outage."""
        by_table: dict[str, list[Emit]] = defaultdict(list)
        for row in outcome.emitted:
            by_table[row.topic].append(row)
        refused: list[Rejection] = []
        waiting = len(outcome.emitted) + sum(block.count for block in outcome.blocks)
        for block in outcome.blocks:
            self._metrics.set("anpr_store_queue_rows", waiting)
            refused += self._store_block(block, while_waiting)
            waiting -= block.count
        for table, rows in by_table.items():
            self._metrics.set("anpr_store_queue_rows", waiting)
            refused += self._store(table, rows, while_waiting)
            waiting -= len(rows)
        self._metrics.set("anpr_store_queue_rows", waiting)
        return refused

    def _store_block(self, block: Block, while_waiting: Callable[[], None]) -> list[Rejection]:
        """Insert columns; if their content is refused, its rows one by one."""
        fault = self._insert(block.topic, "ArrowStream", block.value, while_waiting)
        if fault is None:
            self._count(block.topic, block.count)
            return []
        LOGGER.info("%d rows of %s go one by one: %s", block.count, block.topic, without_content(fault))
        again = block.one_by_one()
        return [*again.rejected, *self.deliver(again, while_waiting)]

    def _store(self, table: str, rows: Sequence[Emit], while_waiting: Callable[[], None]) -> list[Rejection]:
        """Insert a block; if its content is refused, halve it until the bad row is alone."""
        fault = self._insert(table, "JSONEachRow", b"\n".join(row.value for row in rows), while_waiting)
        if fault is None:
            self._count(table, len(rows))
            return []
        if len(rows) == 1:
            return [_refusal(rows[0], fault)]
        middle = len(rows) // 2
        return self._store(table, rows[:middle], while_waiting) + self._store(table, rows[middle:], while_waiting)

    def _count(self, table: str, rows: int) -> None:
        self._metrics.count("anpr_rows_stored_total", rows, table=READ_FROM.get(table, table))

    def _insert(self, table: str, form: str, block: bytes, while_waiting: Callable[[], None]) -> ClickHouseError | None:
        """None when stored; the error when the content is at fault. form: ClickHouse's name for the block's format."""
        token = hashlib.blake2b(block, digest_size=16).hexdigest()
        settings = {**SETTINGS, "insert_deduplication_token": token}
        for pause_s in pauses():
            try:
                with self._measured(table):
                    patiently(partial(self._send, table, form, block, settings), while_waiting)
                return None
            except ClickHouseError as error:
                outage = is_outage(error)
                self._metrics.count("anpr_store_inserts_failed_total", reason="outage" if outage else "refused")
                if not outage:
                    return error
                LOGGER.warning("store does not take rows of %s: %s", table, without_content(error))
            while_waiting()
            self._clock.sleep(pause_s)
        raise AssertionError("pauses never end")

    def _send(self, table: str, form: str, block: bytes, settings: dict[str, Any]) -> None:
        self._client.raw_insert(table, insert_block=block, fmt=form, settings=settings)

    @contextlib.contextmanager
    def _measured(self, table: str) -> Iterator[None]:
        """One block on its way."""
        started = self._clock.monotonic()
        self._metrics.set("anpr_store_inserts_running", 1)
        try:
            yield
        finally:
            self._metrics.set("anpr_store_inserts_running", 0)
            seconds = self._clock.monotonic() - started
            self._metrics.observe("anpr_store_insert_seconds", seconds, table=READ_FROM.get(table, table))


def _refusal(row: Emit, fault: ClickHouseError) -> Rejection:
    if row.origin is None:
        raise fault
    return Rejection(row.origin, "refused_by_store", without_content(fault))
