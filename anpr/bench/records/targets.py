"""What the figures must reach, and which way is better: for the page and for comparing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["ALL_SEEDS", "TARGETS", "UNDER_FIRE", "Better", "Target", "better", "targets_of"]

Better = Literal["more", "less", ""]
"""Which way a figure is better; empty: it only tells what was."""
UNDER_FIRE = {f"chaos-seed-{seed}": seed for seed in (1, 2, 3)}
"""Records of `anpr chaos` → their seed."""
ALL_SEEDS = "chaos-seeds"
"""All of these as one."""


@dataclass(frozen=True, slots=True)
class Target:
    """One figure that is shown, with what was asked for."""

    benchmark: str
    figure: str
    """Path in the record's figures."""
    label: str
    unit: str
    better: Better
    least: float | None = None
    """What must be reached; None: printed, no more."""
    goal: float | None = None

    def missed(self, value: float) -> bool:
        """True: the figure is on the wrong side of what must be reached."""
        if self.least is None:
            return False
        return value < self.least if self.better == "more" else value > self.least


def _pipeline() -> tuple[Target, ...]:
    name = "pipeline"
    return (
        Target(name, "reads_per_s", "sustained, end to end", "reads/s", "more", 30_000, 50_000),
        Target(name, "cpu_s_per_million", "processor time, all but the generator", "s per million", "less"),
        _hit("1000", 250, 50),
        _hit("5000"),
        _hit("20000", 1000, 250),
        _found("1000", 2000, 500),
        _found("5000"),
        _found("20000"),
    )


def _hit(rate: str, least: float | None = None, goal: float | None = None) -> Target:
    path = f"at_rates.{rate}.read_to_hit_ms.p99"
    return Target("pipeline", path, f"read to hit, p99 at {int(rate):,}/s", "ms", "less", least, goal)


def _found(rate: str, least: float | None = None, goal: float | None = None) -> Target:
    path = f"at_rates.{rate}.read_to_searchable_ms.p99"
    return Target("pipeline", path, f"read to searchable, p99 at {int(rate):,}/s", "ms", "less", least, goal)


def _under_fire(name: str) -> tuple[Target, ...]:
    return (
        Target(name, "reads_per_s", "reads sent", "reads/s", "more", 5_000),
        Target(name, "reads", "reads sent in all", "", "more"),
        Target(name, "kills", "strikes", "", "more"),
        Target(name, "recovery_by_part_s.worker.strikes", "… at one worker of a steady platform", "", "more"),
        Target(name, "lost", "facts lost", "", "less", 0),
        Target(name, "duplicated", "facts there twice", "", "less", 0),
        Target(name, "wrong", "facts that are wrong", "", "less", 0),
        Target(name, "recovery_by_part_s.worker.p50", "a worker struck, flow back, median", "s", "less"),
        Target(name, "recovery_by_part_s.worker.p95", "a worker struck, flow back, p95", "s", "less", 10, 3),
        Target(name, "recovery_by_part_s.broker.max", "a broker struck, flow back, longest", "s", "less", 15),
        Target(
            name, "recovery_by_part_s.in the midst.max", "a part struck in the midst, flow back, longest", "s", "less"
        ),
    )


def _flat(name: str, value: str, label: str) -> Target:
    path = f"sweeps.{name}.slow_down_percent.{value}.by_cpu.median"
    return Target("pipeline-sweep", path, f"cost per read, {label}", "% more", "less", 15, 5)


TARGETS: tuple[Target, ...] = (
    *_pipeline(),
    _flat("cameras", "10000", "450 to 10,000 cameras"),
    _flat("entries", "3000000", "list of 0 to 3 million"),
    _flat("history", "100000000", "store of 0 to 100 million rows"),
    Target("peers", "ours_times_as_fast.quixstreams.median", "times as fast as Quix Streams", "×", "more", 2, 3),
    Target("peers", "ours_times_as_fast.faust.median", "times as fast as Faust", "×", "more", 15, 20),
    Target("peers", "ours_times_as_fast.aiokafka.median", "times as fast as aiokafka alone", "×", "more"),
    Target("peers", "reads_per_s.ours", "the job of the peers, ours", "reads/s", "more"),
    Target("match", "reads_per_s", "passages through the stage", "passages/s", "more", 50_000, 150_000),
    Target("match", "index_mb", "index of three million entries", "MB", "less", 1_500, 500),
    Target("match", "start_s", "worker ready", "s", "less", 30),
    Target("match", "update_s", "a change holds, p95", "s", "less", 5, 1),
    Target("match", "recall_one_misread", "found with one misread character", "", "more", 0.95, 0.99),
    Target("match", "wrong_alert_share", "wrong alerts of all alerts", "", "less", 0.05, 0.01),
    Target("lez", "reads_per_s", "passages judged", "passages/s", "more", 100_000, 300_000),
    Target("lez", "memory_mb", "register in memory", "MB", "less", 1_000, 300),
    Target("lez", "start_s", "ready from a snapshot", "s", "less", 15),
    Target("store", "insert_rows_per_s", "rows inserted, Native", "rows/s", "more", 150_000, 250_000),
    Target("store", "bytes_per_row", "bytes a row, all copies", "bytes", "less", 60, 40),
    Target("store", "ms.exact.p95", "newest passages of a plate, p95", "ms", "less", 30, 20),
    Target("store", "ms.partial.p95", "a part of a plate, p95", "ms", "less", 300, 150),
    Target("store", "ms.misread.p95", "a plate with one error, p95", "ms", "less", 300, 150),
    Target("store", "ms.route.p95", "a vehicle's day, p95", "ms", "less", 100, 50),
    Target("store", "ms.camera_hour.p95", "a camera's hour, p95", "ms", "less", 100, 50),
    Target("store", "ms.multi_scene.p95", "at A, then at B, p95", "ms", "less", 2_000, 500),
    Target("store", "ms.convoy.p95", "who accompanies a vehicle, p95", "ms", "less", 5_000, 2_000),
    Target("search", "officers.1.ms.p95", "all questions mixed, 1 officer, p95", "ms", "less"),
    Target("search", "officers.4.ms.p95", "4 officers at once, p95", "ms", "less"),
    Target("search", "officers.16.ms.p95", "16 officers at once, p95", "ms", "less"),
    Target("vision", "engines.anpr.ms.p50", "a picture read by our engine, p50", "ms", "less"),
    Target("vision", "engines.anpr.ms.p95", "a picture read by our engine, p95", "ms", "less"),
    Target("vision", "engines.rapidocr.ms.p50", "a picture read by RapidOCR, p50", "ms", "less"),
    *(target for name in (ALL_SEEDS, *UNDER_FIRE) for target in _under_fire(name)),
)

_MORE = re.compile(r"(^|[._])(\w*_per_s|recall\w*|times_as_fast|times_less_cpu|found|exact|folded)([._]|$)")
_LESS = re.compile(
    r"(^|[._])(\w*ms|\w*_s|\w*_mb|\w*mb_\w+|\w*cpu_s_per_million\w*|us_per_\w+|bytes_per_row\w*|lost|duplicated|never"
    r"|hits_missing|verdicts_missing|wrong\w*|slow_down_percent|restarts)([._]|$)"
)
_NEITHER = re.compile(
    r"resolution|samples|rows$|at_rate|by_tenth|growth|cores|hits$|[.]rate$|learnt|offered|utilisation|spread|least$|most$"
)


def targets_of(benchmark: str) -> tuple[Target, ...]:
    """Figures of one benchmark that are shown."""
    return tuple(target for target in TARGETS if target.benchmark == benchmark)


def better(benchmark: str, figure: str) -> Better:
    """Which way a figure is better: as its target says, else by what its name tells; empty: neither."""
    for target in targets_of(benchmark):
        if target.figure == figure:
            return target.better
    if _NEITHER.search(figure):
        return ""
    if _MORE.search(figure):
        return "more"
    return "less" if _LESS.search(figure) else ""
