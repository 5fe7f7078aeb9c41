"""What the sink does with a row, timed: JSON objects through its own writer."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import psutil
from clickhouse_connect.driver.client import Client

from anpr.bench.store_json import json_rows
from pipeline.outcome import Emit, Outcome
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.metrics import Metrics
from replay.history.passages import Passages
from sinks.clickhouse.writer import ClickHouseOutput

__all__ = ["sink_rows_per_s"]

LOG = "bench/3"


def sink_rows_per_s(client: Client, blocks: Iterable[Passages], store_pid: int) -> dict[str, Any]:
    """Rows a second by one connection, and the store's own processor time: blocks are encoded before."""
    outcomes = [_outcome(block) for block in blocks]
    output = ClickHouseOutput(client, SystemClock(), Metrics())
    process = psutil.Process(store_pid)
    before, began = process.cpu_times(), time.monotonic()
    for outcome in outcomes:
        if output.deliver(outcome, lambda: None):
            raise RuntimeError("the store refuses rows of the benchmark")
    seconds, after = time.monotonic() - began, process.cpu_times()
    rows = sum(len(outcome.emitted) for outcome in outcomes)
    used = after.user + after.system - before.user - before.system
    return {"rows": rows, "rows_per_s": round(rows / seconds), "store_cpu_s_per_million": round(used / rows * 1e6, 2)}


def _outcome(block: Passages) -> Outcome:
    outcome = Outcome()
    outcome.emitted += [Emit("passages_in", b"", row) for row in json_rows(block, LOG)]
    return outcome
