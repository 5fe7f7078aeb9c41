"""Runs of `anpr chaos` as one: a run strikes workers a dozen times, and of so few the 95th hundredth is the longest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from anpr.bench.records.record import Record
from anpr.bench.records.targets import ALL_SEEDS, UNDER_FIRE
from anpr.chaos.by_part import by_part
from anpr.chaos.plan import ChaosPlan

__all__ = ["together"]

COUNTED = ("kills", "reads", "lost", "duplicated", "wrong")


def together(records: Iterable[Record]) -> list[Record]:
    """One more record, of the latest run of each seed; none where fewer than two seeds were run."""
    latest = {one.name: one for one in sorted(records, key=lambda one: one.at) if one.name in UNDER_FIRE}
    if len(latest) < 2:
        return []
    runs = list(latest.values())
    strikes = [strike for run in runs for strike in run.figures["strikes"]]
    counted = {name: sum(run.figures[name] for run in runs) for name in COUNTED}
    last = max(runs, key=lambda one: one.at)
    return [
        replace(
            last,
            name=ALL_SEEDS,
            busy=any(one.busy for one in runs),
            figures={
                **counted,
                "reads_per_s": min(run.figures["reads_per_s"] for run in runs),
                "recovery_by_part_s": by_part(strikes, ChaosPlan().instances()),
            },
        )
    ]
