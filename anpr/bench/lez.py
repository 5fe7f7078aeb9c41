"""`anpr bench lez`: a national register in memory, and what the judging stage does with it on one core."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

from anpr.bench.lez_traffic import CAMERAS, day_pass, permit, traffic
from anpr.bench.machine import busy_cores, machine
from anpr.hit_watch import quantile
from anpr.settings import Settings
from anpr.snapshot_keeper import SnapshotKeeper
from anpr.worker import calm_collector
from pipeline.lez.loading import load_law
from pipeline.lez.registry.passes import PassBook
from pipeline.lez.registry.permits import PermitBook
from pipeline.lez.registry.snapshot import FORM, kept
from pipeline.lez.registry.vehicles import VehicleRegistry
from pipeline.messages import Batch
from pipeline.runtime.clock import SystemClock
from pipeline.snapshots import Mark, save
from pipeline.stages.assess_lez import AssessLez
from replay.register import register, register_plates
from schemas.codec import decoder
from schemas.lez import LezVerdict, Vehicle

__all__ = ["LezBench", "run_lez_bench"]

ROUNDS = 3
LOG = "bench"
CHANGED, VEHICLES_PER_PASS = 600_000, 77
DECODE, VERDICT = decoder(Vehicle), decoder(LezVerdict)
Say = Callable[[str], None]
Show = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class LezBench:
    """What to measure."""

    vehicles: int = 7_700_000
    passages: int = 300_000
    seed: int = 1


def run_lez_bench(settings: Settings, bench: LezBench, say: Say, show: Show) -> dict[str, Any]:
    """Measure, each part in a process of its own; a folder for the snapshot is made and removed."""
    load = busy_cores()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.data_dir, prefix="bench-") as name:
        folder = Path(name)
        show("reading the register's messages", 0, 1)
        figures = _apart(_read_all, bench, folder)
        say(f"{bench.vehicles:,} vehicles read in {figures['without_snapshot_s']} s")
        show("judging", 0, 1)
        figures |= _apart(_judge, bench, folder, time.time())
    return figures | {"machine": machine(load), "settings": asdict(bench)}


def _apart(work: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
    """In a new process: its memory holds nothing else."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _read_all(bench: LezBench, folder: Path) -> dict[str, Any]:
    """As a worker without a snapshot does: every message of the topic, decoded and put."""
    _put(VehicleRegistry(), next(register(bench.vehicles, bench.seed)))  # so that what makes them has its room
    registry, before, took = VehicleRegistry(), _rss_mb(), 0.0
    for messages in register(bench.vehicles, bench.seed):
        took += _timed(partial(_put, registry, messages))
    took += _timed(registry.settle)
    added = _rss_mb() - before
    view = kept(registry).view()
    writing = _timed(lambda: save(folder, view, Mark(FORM, LOG, {0: bench.vehicles}, datetime.now(UTC))))
    _out_of_memory(folder)
    return {
        "without_snapshot_s": round(took, 1),
        "memory_without_snapshot_mb": round(added),
        "write_snapshot_s": round(writing, 1),
        "snapshot_mb": round(sum(file.stat().st_size for file in folder.glob("*/*")) / 1e6),
    }


def _put(registry: VehicleRegistry, messages: Iterable[tuple[bytes, bytes]]) -> None:
    for key, value in messages:
        registry.put(key, DECODE(value))


def _out_of_memory(folder: Path) -> None:
    """The next process reads the files from the disk, as after a restart of the machine."""
    for file in folder.glob("*/*"):
        with file.open("rb+") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _judge(bench: LezBench, folder: Path, begun: float) -> dict[str, Any]:
    """As a worker with a snapshot does. begun: when this process was asked for."""
    before, registry = _rss_mb(), VehicleRegistry()
    restored = _timed(lambda: SnapshotKeeper(folder, kept(registry), LOG, SystemClock()).begin())
    started, added = time.time() - begun, _rss_mb() - before
    if len(registry) != bench.vehicles:
        raise AssertionError(f"{len(registry):,} vehicles came back of {bench.vehicles:,}")
    figures = {"start_s": round(started, 1), "restore_cpu_s": round(restored, 2), "memory_mb": round(added)}
    return figures | _stage_figures(bench, registry) | _change_figures(bench, registry)


def _stage_figures(bench: LezBench, registry: VehicleRegistry) -> dict[str, Any]:
    """Passages a second through the stage on one core, from message to message.

    The first round is of a day of which the stage has judged none yet; a day has more passages than all rounds.
    """
    batches, before = list(traffic(bench.vehicles, bench.passages, bench.seed)), _rss_mb()
    passes, permits = _books(bench)
    books, laws = _rss_mb() - before, {"brussels": load_law("brussels")}
    calm_collector()  # as the worker does
    stage = AssessLez(laws, CAMERAS, registry, passes, permits)
    rounds = [_timed(lambda: [stage(batch) for batch in batches]) for _ in range(ROUNDS)]
    seconds = sum(rounds) / ROUNDS
    return {
        "reads_per_s": round(bench.passages / seconds),
        "us_per_read": round(seconds / bench.passages * 1e6, 2),
        "us_per_read_of_a_new_day": round(rounds[0] / bench.passages * 1e6, 2),
        "verdicts": _told(stage, batches),
        "passes_and_permits_mb": round(books),
        "judge_process_mb": round(_rss_mb()),
    }


def _told(stage: AssessLez, batches: Sequence[Batch]) -> dict[str, int]:
    """Verdicts by kind: every passage has one."""
    told = Counter(VERDICT(emit.value).verdict for batch in batches for emit in stage(batch).emitted)
    if told.total() != sum(len(batch.messages) for batch in batches):
        raise AssertionError("a passage got no verdict")
    return dict(sorted(told.items()))


def _books(bench: LezBench) -> tuple[PassBook, PermitBook]:
    """A year's day passes, 100,000 for all of Belgium, and what was granted."""
    numbers = np.random.default_rng(bench.seed).integers(0, bench.vehicles, bench.vehicles // VEHICLES_PER_PASS)
    passes, permits = PassBook(), PermitBook()
    for n, plate in enumerate(register_plates(numbers)[0]):
        passes.put(b"", day_pass(n, plate))
        if n % 10 == 1:
            permits.put(b"", permit(n, plate))
    return passes, permits


def _change_figures(bench: LezBench, registry: VehicleRegistry) -> dict[str, Any]:
    """A register that changes while passages are judged: vehicles told anew, a thousand between two batches."""
    changes = register(min(CHANGED, bench.vehicles), bench.seed + 1)
    took = [_timed(partial(_change, registry, part)) for chunk in changes for part in _thousands(chunk)]
    return {
        "changes_per_s": round(min(CHANGED, bench.vehicles) / sum(took)),
        "change_of_1000_ms": quantile([one * 1000 for one in took], 0.95),
        "merge_s": round(max(took), 2),
    }


def _change(registry: VehicleRegistry, messages: Sequence[tuple[bytes, bytes]]) -> None:
    _put(registry, messages)
    registry.settle()


def _thousands(messages: Sequence[tuple[bytes, bytes]]) -> Iterator[Sequence[tuple[bytes, bytes]]]:
    return (messages[at : at + 1000] for at in range(0, len(messages), 1000))


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _rss_mb() -> float:
    return float(psutil.Process().memory_info().rss / 1e6)
