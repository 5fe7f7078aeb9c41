"""What the sink does with messages, timed: from a batch to rows that the store has acknowledged, in both its forms.

Blocks take turns, so that both forms meet the same store.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psutil
from clickhouse_connect.driver.client import Client

from anpr.bench.store_json import json_rows
from pipeline.messages import Batch, Message
from pipeline.outcome import Outcome
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.metrics import Metrics
from replay.history.passages import Passages
from sinks.clickhouse.held import HeldOffsets
from sinks.clickhouse.rows import ToRows
from sinks.clickhouse.writer import ClickHouseOutput

__all__ = ["sink_rows_per_s"]

TOPIC, LOG = "passages", "bench/3"
FORMS: tuple[tuple[str, Callable[[Outcome], Outcome]], ...] = (
    ("as_the_sink_columns", lambda outcome: outcome),
    ("as_the_sink_json", lambda outcome: outcome.blocks[0].one_by_one()),
)
"""What comes as a block, and what is sent where one of its rows is in doubt."""


@dataclass(slots=True)
class _Spent:
    """By one form."""

    rows: int = 0
    seconds: float = 0.0
    sink_cpu_s: float = 0.0
    store_cpu_s: float = 0.0

    def report(self) -> dict[str, Any]:
        millions = self.rows / 1e6
        return {
            "rows": self.rows,
            "rows_per_s": round(self.rows / self.seconds),
            "sink_cpu_s_per_million": round(self.sink_cpu_s / millions, 2),
            "store_cpu_s_per_million": round(self.store_cpu_s / millions, 2),
        }


def sink_rows_per_s(client: Client, blocks: Iterable[Passages], store_pid: int) -> dict[str, Any]:
    """Rows a second by one connection, with the sink's and the store's own processor time. Messages are made before."""
    output, store = ClickHouseOutput(client, SystemClock(), Metrics()), psutil.Process(store_pid)
    spent = {name: _Spent() for name, _ in FORMS}
    for number, block in enumerate(blocks):
        messages = _messages(block)
        name, form = FORMS[number % len(FORMS)]
        _time(spent[name], store, lambda messages=messages, form=form: _deliver(output, messages, form))  # type: ignore[misc]
        spent[name].rows += len(messages)
    return {name: one.report() for name, one in spent.items()}


def _messages(block: Passages) -> list[Message]:
    rows = json_rows(block)
    return [Message(TOPIC, 0, int(offset), 0, b"", row) for offset, row in zip(block.offset, rows, strict=True)]


def _time(spent: _Spent, store: psutil.Process, work: Callable[[], None]) -> None:
    before, own, began = store.cpu_times(), time.process_time(), time.monotonic()
    work()
    spent.seconds += time.monotonic() - began
    spent.sink_cpu_s += time.process_time() - own
    after = store.cpu_times()
    spent.store_cpu_s += after.user + after.system - before.user - before.system


def _deliver(output: ClickHouseOutput, messages: list[Message], form: Callable[[Outcome], Outcome]) -> None:
    outcome = ToRows(HeldOffsets(), {TOPIC: LOG})(Batch(messages, datetime.now(UTC)))
    if output.deliver(form(outcome), lambda: None):
        raise RuntimeError("the store refuses rows of the benchmark")
