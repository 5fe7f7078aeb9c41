"""Reads a topic from given places on, and knows where it is at an end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from confluent_kafka import OFFSET_BEGINNING, TopicPartition
from confluent_kafka import Message as RawMessage

from console.ring import Told
from pipeline.messages import Message
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, at_end, consumer_client, unpack
from schemas.codec import Refused, decoder
from schemas.hit import Hit

__all__ = ["LogReader"]

LOGGER = logging.getLogger(__name__)
CALL_TIMEOUT_S = 30.0
CHUNK = 500
_decode: Callable[[bytes], Hit] = decoder(Hit)


class LogReader:
    """All partitions of the topic, in no group, committing nothing. One thread reads."""

    def __init__(self, kafka: KafkaConfig, topic: str, begin: Mapping[int, int], otherwise: int = OFFSET_BEGINNING):
        """begin: by partition, the offset to begin with; `otherwise` for partitions not named.

        Raises KafkaUnusable where there is no such topic, KafkaException where no broker answers.
        """
        self._consumer = consumer_client(
            kafka, "api.reader", **{"enable.partition.eof": True, "queued.max.messages.kbytes": 4_096}
        )
        known = self._consumer.list_topics(topic, timeout=CALL_TIMEOUT_S).topics[topic]
        if known.error is not None:
            raise KafkaUnusable(f"no topic {topic} at the broker: run `anpr topics create` first")
        self.partitions = frozenset(known.partitions)
        self._consumer.assign(
            [TopicPartition(topic, partition, begin.get(partition, otherwise)) for partition in self.partitions]
        )
        self._turn, self._closed = threading.Lock(), False
        """A stream that was given up closes its reader while the last look may still be under way."""
        self.unreadable = 0
        """Messages that were no hits; where the store reads them too, they are among the dead letters."""

    def read(self, wait_s: float) -> tuple[list[Told], dict[int, int]]:
        """What came within `wait_s`; and by partition, up to where it was read. Raises KafkaUnusable."""
        told: list[Told] = []
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

    def _told(self, message: Message) -> Iterable[Told]:
        try:
            hit = _decode(message.value)
        except Refused as refused:
            self.unreadable += 1
            LOGGER.error("%s %d/%d is no hit: %s", message.topic, message.partition, message.offset, refused.reason)
            return ()
        return (Told(message.partition, message.offset, message.value, hit, message.timestamp_ms),)

    def close(self) -> None:
        """Let go of the connection; from any thread."""
        with self._turn:
            self._closed = True
            self._consumer.close()
