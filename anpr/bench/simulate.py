"""`anpr bench simulate`: how fast traffic is made, all realism on and encoding included, on one core."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil

from anpr.bench.machine import busy_cores, machine
from replay.rush.plan import TrafficPlan
from replay.rush.traffic import Traffic

__all__ = ["SimulateBench", "run_simulate_bench"]

START = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
SLICES = 5


@dataclass(frozen=True, slots=True)
class SimulateBench:
    """What is measured."""

    cameras: tuple[int, ...] = (450, 5000, 10_000)
    reads: int = 1_000_000
    """At each number of cameras, about."""
    rate_per_s: float = 1000.0
    """Of event time."""
    seed: int = 1


def run_simulate_bench(bench: SimulateBench) -> dict[str, Any]:
    """Each size in a process of its own, so that memory is its own. Times are processor times of that process."""
    load = busy_cores()
    context = multiprocessing.get_context("spawn")
    sizes = []
    for cameras in bench.cameras:
        with context.Pool(1) as pool:
            sizes.append(pool.apply(_measured, (bench, cameras)))
    return {
        "reads_per_s": min(one["reads_per_s"] for one in sizes),
        "sizes": sizes,
        "rate_per_s": bench.rate_per_s,
        "machine": machine(load),
    }


def _measured(bench: SimulateBench, cameras: int) -> dict[str, Any]:
    plain = _run(bench, cameras, truth=False)
    told = _run(bench, cameras, truth=True)
    return {"cameras": cameras, **plain, "reads_per_s_with_truth": told["reads_per_s"]}


def _run(bench: SimulateBench, cameras: int, *, truth: bool) -> dict[str, Any]:
    began = time.process_time()
    plan = TrafficPlan(cameras, bench.seed, START, bench.rate_per_s, profile="flat")
    traffic = Traffic(plan, truth=truth)
    built_s = time.process_time() - began
    speeds, size, memory = [], 0, []
    for number in range(SLICES):
        reads, began = traffic.tally.reads, time.process_time()
        until = START + timedelta(seconds=bench.reads / bench.rate_per_s * (number + 1) / SLICES)
        for batch in traffic.batches(until):
            size += sum(len(value) for _, value in batch.messages[:: len(batch.messages) // 10 + 1])
        speeds.append((traffic.tally.reads - reads) / (time.process_time() - began))
        memory.append(round(psutil.Process().memory_info().rss / 1e6))
    return {
        "reads_per_s": round(sorted(speeds)[SLICES // 2]),
        "spread": [round(min(speeds)), round(max(speeds))],
        "reads": traffic.tally.reads,
        "build_s": round(built_s, 2),
        "rss_mb": memory,
        "vehicles": traffic.fleet.count,
    }
