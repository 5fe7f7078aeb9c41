"""Reads a topic from given places on, and knows where it is at an end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from confluent_kafka import OFFSET_BEGINNING, TopicPartition
from confluent_kafka import Message as RawMessage

from console.ring import Told
from console.subjects import Subject
from pipeline.messages import Message
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, at_end, consumer_client, unpack
from pipeline.runtime.log_places import log_places
from schemas.codec import Refused

__all__ = ["LogReader"]

LOGGER = logging.getLogger(__name__)
CALL_TIMEOUT_S = 30.0
CHUNK = 500
M = TypeVar("M")


class LogReader(Generic[M]):
    """All partitions of the topic, in no group, committing nothing. One thread reads."""

    def __init__(
        self, kafka: KafkaConfig, subject: Subject[M], begin: Mapping[int, int], otherwise: int = OFFSET_BEGINNING
    ) -> None:
        """begin: by partition, the offset to begin with; `otherwise` for partitions not named.

        Raises KafkaUnusable where there is no such topic, KafkaException where no broker answers.
        """
        self._consumer = consumer_client(
            kafka, "api.reader", **{"enable.partition.eof": True, "queued.max.messages.kbytes": 4_096}
        )
        self._subject, topic = subject, subject.topic
        known = self._consumer.list_topics(topic, timeout=CALL_TIMEOUT_S).topics[topic]
        if known.error is not None:
            raise KafkaUnusable(f"no topic {topic} at the broker: run `anpr topics create` first")
        self.partitions = frozenset(known.partitions)
        unnamed = self.partitions - begin.keys()
        self.begun = {**begin, **log_places(self._consumer, topic, unnamed, otherwise)}
        """By partition, the offset that is read first; without those that the broker did not tell."""
        self._consumer.assign(
            [TopicPartition(topic, partition, self.begun.get(partition, otherwise)) for partition in self.partitions]
        )
        self._turn, self._closed = threading.Lock(), False
        """A stream that was given up closes its reader while the last look may still be under way."""
        self.unreadable = 0
        """Messages that did not fit their contract; where the store reads them too, they are among the dead letters."""

    def read(self, wait_s: float) -> tuple[list[Told[M]], dict[int, int]]:
        """What came within `wait_s`; and by partition, up to where it was read. Raises KafkaUnusable."""
        told: list[Told[M]] = []
        ends: dict[int, int] = {}
        for raw in self._take(wait_s):
            if at_end(raw):
                ends[raw.partition() or 0] = raw.offset() or 0
            elif (message := unpack(raw)) is not None:
                ends[message.partition] = message.offset + 1
                told += self._told(message)
        return told, ends

    def _take(self, wait_s: float) -> Sequence[RawMessage]:
        with self._turn:
            if self._closed:
                return ()
            first = self._consumer.poll(wait_s)
            return () if first is None else (first, *self._consumer.consume(CHUNK, 0))

    def _told(self, message: Message) -> Iterable[Told[M]]:
        if not message.value:  # a case that was put away
            return ()
        try:
            content = self._subject.decode(message.value)
        except Refused as refused:
            self.unreadable += 1
            place = f"{message.topic} {message.partition}/{message.offset}"
            LOGGER.error("%s is no %s: %s", place, self._subject.name, refused.reason)
            return ()
        event = self._subject.event(message.value, content)
        return (Told(message.partition, message.offset, event, content, message.timestamp_ms),)

    def close(self) -> None:
        """Let go of the connection; from any thread."""
        with self._turn:
            self._closed = True
            self._consumer.close()
