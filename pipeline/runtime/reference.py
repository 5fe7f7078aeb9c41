"""Reference topics: compacted topics held whole in memory, loaded at start and kept current between batches."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, TopicPartition
from confluent_kafka import Message as RawMessage

from pipeline.messages import Message
from pipeline.outcome import Rejection
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, at_end, consumer_client, unpack
from pipeline.runtime.log_places import log_places
from pipeline.runtime.metrics import Metrics
from schemas.codec import Refused

__all__ = ["Reference", "ReferenceReader"]

LOGGER = logging.getLogger(__name__)
CALL_TIMEOUT_S = 30.0
CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference topic and what to do with its records."""

    topic: str
    decode: Callable[[bytes], Any]
    """Value → record; raises `Refused`."""
    put: Callable[[bytes, Any], None]
    """Key, record: it holds from now on."""
    remove: Callable[[bytes], None]
    """Key: the record is gone (null value)."""
    size: Callable[[], int]
    """Records held, for the metric."""
    settle: Callable[[], None] = lambda: None
    """Called after records were put or removed: what was said since the last time holds from now on."""
    begin: Callable[[], Mapping[int, int]] = dict
    """By partition: the first message that is not known yet, where some are before the topic is read."""
    reached: Callable[[Mapping[int, int]], None] = lambda _: None
    """Called after `settle` with what to read next, by partition."""
    snapshot_at: Callable[[], datetime | None] = lambda: None
    """Of which moment its newest snapshot is; None: there is none."""


class ReferenceReader:
    """Reads one reference topic from its beginning, then whatever is added. Not thread-safe."""

    def __init__(self, config: KafkaConfig, reference: Reference) -> None:
        self.reference = reference
        # Never commits, so the group name only has to be one that nobody else uses.
        self._consumer = consumer_client(config, f"reference.{reference.topic}", **{"enable.partition.eof": True})
        self._unfinished: set[int] = set()
        self._ends: dict[int, int] = {}
        """By partition: where it ended when `load` began; without those that the broker did not tell."""
        self._next: dict[int, int] = {}
        self._changed_ms = 0
        """Stamp of the newest record that was taken."""

    def load(self, progress: Callable[[int], None] = lambda _: None) -> list[Rejection]:
        """Read every partition up to its present end. Returns the messages that could not be used."""
        self._open()
        rejected: list[Rejection] = []
        count = 0
        while self._unfinished:
            messages = self._take(wait_s=1.0)
            rejected += self._apply(messages)
            count += len(messages)
            progress(count)
        self._settle()
        return rejected

    def _settle(self) -> None:
        self.reference.settle()
        self.reference.reached(self._next)

    def _open(self) -> None:
        topic = self.reference.topic
        known = self._consumer.list_topics(topic, timeout=CALL_TIMEOUT_S).topics[topic]
        if known.error is not None:
            raise KafkaUnusable(f"no topic {topic} at the broker: run `anpr topics create` first")
        self._next = dict(self.reference.begin())
        self._ends = log_places(self._consumer, topic, known.partitions, OFFSET_END)
        unread = self._ends.keys() - self._next.keys()
        begin = {**log_places(self._consumer, topic, unread, OFFSET_BEGINNING), **self._next}
        self._unfinished = {p for p in known.partitions if p not in self._ends or begin.get(p) != self._ends[p]}
        self._consumer.assign([TopicPartition(topic, p, begin.get(p, OFFSET_BEGINNING)) for p in known.partitions])

    def refresh(self) -> list[Rejection]:
        """Take what was added since. Never waits."""
        rejected = self._apply(self._take(wait_s=0.0))
        self._settle()
        return rejected

    def _take(self, wait_s: float) -> list[Message]:
        first = self._consumer.poll(wait_s)
        if first is None:
            return []
        raw = [first, *self._consumer.consume(CHUNK, 0)]
        self._note_ends(raw)
        return [message for message in map(unpack, raw) if message is not None]

    def _note_ends(self, raw: Sequence[RawMessage]) -> None:
        """A partition is read to its end with the last message that it had, or as an event shows: what lay last may
        have been compacted away.
        """
        if self._unfinished:
            self._unfinished -= {m.partition() or 0 for m in raw if at_end(m) or self._is_last(m)}

    def _is_last(self, raw: RawMessage) -> bool:
        end = self._ends.get(raw.partition() or 0)
        return end is not None and raw.error() is None and (raw.offset() or 0) >= end - 1

    def _apply(self, messages: Sequence[Message]) -> list[Rejection]:
        rejected: list[Rejection] = []
        for message in messages:
            self._next[message.partition] = message.offset + 1
            self._changed_ms = max(self._changed_ms, message.timestamp_ms)
            if message.key is None:
                rejected.append(Rejection(message, "key_missing", "a reference record needs a key"))
            elif not message.value:
                self.reference.remove(message.key)
            else:
                self._put(message, message.key, rejected)
        return rejected

    def _put(self, message: Message, key: bytes, rejected: list[Rejection]) -> None:
        try:
            self.reference.put(key, self.reference.decode(message.value))
        except Refused as refused:
            rejected.append(Rejection(message, refused.reason, refused.detail))

    def measure(self, metrics: Metrics, flow: str) -> None:
        """How much is held, and of when."""
        topic, snapshot_at = self.reference.topic, self.reference.snapshot_at()
        metrics.set("anpr_reference_records", self.reference.size(), flow=flow, topic=topic)
        changed_s = self._changed_ms / 1000
        if snapshot_at is not None:
            taken_s = snapshot_at.timestamp()
            metrics.set("anpr_reference_snapshot_timestamp_seconds", taken_s, flow=flow, topic=topic)
            changed_s = changed_s or taken_s
        if changed_s:
            metrics.set("anpr_reference_changed_timestamp_seconds", changed_s, flow=flow, topic=topic)

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()
