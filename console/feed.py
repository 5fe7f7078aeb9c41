"""The one reader of a topic for all who listen to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from confluent_kafka import OFFSET_END

from console.bell import Bell
from console.log_reader import LogReader
from console.ring import Ring, Told
from console.subjects import Subject
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics

__all__ = ["Feed"]

POLL_S = 0.25
M = TypeVar("M")


class Feed(Generic[M]):
    """Fills a ring of its own. `load` first, then `run` in a thread of its own."""

    def __init__(self, kafka: KafkaConfig, subject: Subject[M], log: str, metrics: Metrics) -> None:
        """log: identity of the topic."""
        self.subject, self.log = subject, log
        self.ring: Ring[M] = Ring()
        self.bell = Bell()
        """Rings when there is something new."""
        self._kafka, self._metrics = kafka, metrics
        self._reader: LogReader[M] | None = None
        self._ended = threading.Event()
        self.on_step: Callable[[], None] = lambda: None
        """Called from the reading thread four times a second or oftener: a sign of life."""
        self.on_told: Callable[[Sequence[Told[M]]], None] = lambda _: None
        """Called from the reading thread with what is new, before it is in the ring."""

    def load(self) -> None:
        """Find the end of the topic: what comes from now on is in the ring. Raises KafkaUnusable, KafkaException."""
        self._reader = LogReader(self._kafka, self.subject, {}, OFFSET_END)
        self.ring.put((), self._reader.begun)
        while self._reader.partitions - self.ring.starts().keys() and not self._ended.is_set():
            self._take(self._reader)

    def run(self) -> None:
        """Read until `stop`. Raises KafkaUnusable."""
        assert self._reader is not None, "load first"
        try:
            while not self._ended.is_set():
                self._take(self._reader)
        finally:
            self._reader.close()

    def stop(self) -> None:
        """Read no more."""
        self._ended.set()

    def _take(self, reader: LogReader[M]) -> None:
        before = reader.unreadable
        self.on_step()
        told, ends = reader.read(POLL_S)
        self.on_told(told)
        self.ring.put(told, ends)
        if told:
            self._metrics.count("anpr_consumed_total", len(told), flow="api")
            self.bell.ring()
        if reader.unreadable > before:
            reason = f"no_{self.subject.name}"
            self._metrics.count("anpr_dropped_total", reader.unreadable - before, flow="api", reason=reason)
