"""Passages of the weeks before, in the store before the first read of the benchmark."""

from __future__ import annotations

from datetime import UTC, datetime

from anpr.bench.pipeline.plan import Say
from anpr.bench.store_fill import Keys, fill
from anpr.bench.store_size import DAILY, whole_months
from replay.history.passages import History
from replay.history.plan import HistoryPlan
from sinks.clickhouse.client import connect

__all__ = ["fill_history"]

BLOCK = 200_000
TOLD_EVERY = 5_000_000


def fill_history(dsn: str, rows: int, seed: int, say: Say) -> None:
    """So many passages up to last midnight, merged as the store does with what is a day old.

    Takes 300 bytes of disk a row while it runs.
    """
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    history = History(HistoryPlan(rows, midnight, seed), min(BLOCK, max(1000, rows // 10)))
    told = 0
    for done in fill(dsn, history.blocks(), Keys(round(midnight.timestamp() * 1000))):
        if done - told >= TOLD_EVERY:
            told = done
            say(f"history: {done:,} of {rows:,} passages in the store")
    say(f"history: {rows:,} passages in the store; months are merged")
    # Until then a later state of a passage is a row of its own, and merges would let the number of rows shrink.
    for _ in whole_months(connect(dsn), DAILY):
        pass
