"""Feeds encoded reads into the topic `reads` from a process of its own, so that it takes no time from the measurer."""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from typing import Any

from anpr.bench.failed import BenchFailed
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from replay.bulk import ReadFactory

__all__ = ["FeedPlan", "Feeder"]

MOST_AT_ONCE = 1000
IDLE_S = 0.01
"""At a fixed rate, reads that fall due in so long are made together. Each as soon as it is due, at 20,000 reads/s, took
three quarters of a core from what is measured."""


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """What to feed."""

    cameras: Sequence[str]
    fleet: int
    listed_share: float
    seed: int
    rate_per_s: float | None
    """Reads a second on a fixed schedule; None: as many as `allowed`."""
    first: int = 0
    """Number of the first read: one that an earlier feeder did not reach, so that no track has two vehicles."""


class Feeder:
    """A process that produces reads. Counters are shared memory; one writer each."""

    def __init__(self, kafka: KafkaConfig, plan: FeedPlan) -> None:
        context = multiprocessing.get_context("spawn")
        self._produced: Any = context.Value(ctypes.c_longlong, 0, lock=False)
        self._listed: Any = context.Value(ctypes.c_longlong, 0, lock=False)
        self._allowed: Any = context.Value(ctypes.c_longlong, 0, lock=False)
        self._stop: Any = context.Value(ctypes.c_bool, False, lock=False)
        shared = (self._produced, self._listed, self._allowed, self._stop)
        self.process: BaseProcess = context.Process(target=_feed, args=(kafka, plan, shared), daemon=True)

    def start(self) -> None:
        """Begin."""
        self.process.start()

    def allow(self, total: int) -> None:
        """How many reads may have been produced by now, from the start on."""
        self._allowed.value = total

    @property
    def produced(self) -> int:
        """Reads produced and acknowledged or on their way."""
        return int(self._produced.value)

    @property
    def listed(self) -> int:
        """Those whose plate is listed."""
        return int(self._listed.value)

    def stop(self) -> None:
        """Produce no more; returns when the broker has all. Raises BenchFailed if the process failed."""
        self._stop.value = True
        self.process.join(120)
        if self.process.exitcode != 0:
            raise BenchFailed(f"the feeder ended with {self.process.exitcode}: reads are missing")


def _feed(kafka: KafkaConfig, plan: FeedPlan, shared: tuple[Any, Any, Any, Any]) -> None:
    produced, listed, allowed, stop = shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the measurer, who ends us in order
    parent = multiprocessing.parent_process()
    factory = ReadFactory(plan.cameras, plan.fleet, plan.listed_share, plan.seed)
    factory.reads = plan.first
    output = KafkaOutput(kafka, linger_ms=5 if plan.rate_per_s else 20)
    started = time.time()
    while not stop.value and (parent is None or parent.is_alive()):
        due = int((time.time() - started) * plan.rate_per_s) if plan.rate_per_s else allowed.value
        todo = min(MOST_AT_ONCE, due - produced.value)
        if todo > 0:
            # On a schedule, a read is stamped with the moment it was due: a feeder that lags must not hide a delay.
            when = started + produced.value / plan.rate_per_s if plan.rate_per_s else time.time()
            moment = datetime.fromtimestamp(when, UTC)
            for key, value in factory.next_batch(todo, moment, moment):
                output.produce("reads", key, value, ())
            produced.value, listed.value = factory.reads - plan.first, factory.listed_reads
        if plan.rate_per_s or todo <= 0:
            output.serve()
            time.sleep(IDLE_S)
    output.flush()
