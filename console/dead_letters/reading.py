"""Reads parts of topics, each from a place to where it ended when asked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from confluent_kafka import OFFSET_BEGINNING, TopicPartition
from confluent_kafka import Message as RawMessage

from pipeline.messages import Message
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, at_end, consumer_client, unpack

__all__ = ["Reading"]

CALL_TIMEOUT_S = 30.0
SILENCE_S = 60.0
CHUNK = 500


class Reading:
    """A consumer in no group, which commits nothing. One read at a time."""

    def __init__(self, kafka: KafkaConfig) -> None:
        settings = {"enable.partition.eof": True, "queued.max.messages.kbytes": 16_384}
        self._consumer = consumer_client(kafka, "dead-letters.reader", **settings)

    def spans(self, topic: str) -> dict[int, tuple[int, int]]:
        """By partition its first offset and the one behind its last. Raises KafkaUnusable where there is no topic."""
        known = self._consumer.list_topics(topic, timeout=CALL_TIMEOUT_S).topics[topic]
        if known.error is not None:
            raise KafkaUnusable(f"no topic {topic} at the broker: run `anpr topics create` first")
        places = {partition: TopicPartition(topic, partition) for partition in known.partitions}
        return {n: self._consumer.get_watermark_offsets(at, timeout=CALL_TIMEOUT_S) for n, at in places.items()}

    def since(self, topic: str, moment: datetime) -> dict[int, int]:
        """By partition the first message that was stamped then or later; partitions without one are left out."""
        stamp_ms = max(0, int(moment.timestamp() * 1000))
        asked = [TopicPartition(topic, partition, stamp_ms) for partition in self.spans(topic)]
        found = self._consumer.offsets_for_times(asked, timeout=CALL_TIMEOUT_S)
        return {at.partition: at.offset for at in found if at.offset >= 0}

    def messages(self, topic: str, begins: Mapping[int, int], ends: Mapping[int, int]) -> Iterator[Message]:
        """What lies from `begins` to before `ends`, partitions mixed, each in its order; others are not read.

        Raises KafkaUnusable when the broker is silent.
        """
        unread = {n for n, end in ends.items() if n in begins and begins[n] < end}
        self._consumer.assign([TopicPartition(topic, n, begins[n] or OFFSET_BEGINNING) for n in unread])
        heard_at = time.monotonic()
        while unread:
            for raw in self._take():
                heard_at = time.monotonic()
                if at_end(raw):
                    unread.discard(raw.partition() or 0)
                elif (message := unpack(raw)) is not None and message.offset < ends[message.partition]:
                    yield message
                    if message.offset + 1 == ends[message.partition]:
                        unread.discard(message.partition)
            if time.monotonic() - heard_at > SILENCE_S:
                raise KafkaUnusable(f"the topic {topic} cannot be read to its end: does the broker answer?")
        self._consumer.unassign()

    def _take(self) -> Sequence[RawMessage]:
        """What is there as soon as something is: `consume` alone waits until it has as much as it was asked for."""
        first = self._consumer.poll(0.2)
        return () if first is None else (first, *self._consumer.consume(CHUNK, 0))

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()
