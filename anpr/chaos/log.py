"""The messages of a topic, partition by partition, from its beginning to its end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from confluent_kafka import Consumer, TopicPartition

from pipeline.messages import Message
from pipeline.runtime.drain import NotDrained
from pipeline.runtime.kafka import KafkaConfig, at_end, consumer_client, unpack

__all__ = ["batches_of", "partitions_of"]

AT_ONCE, WAIT_S, SILENT_S = 10_000, 0.1, 60


def partitions_of(kafka: KafkaConfig, topic: str) -> list[int]:
    """Of a topic."""
    with_end = _reader(kafka)
    try:
        return sorted(with_end.list_topics(topic, timeout=30).topics[topic].partitions)
    finally:
        with_end.close()


def batches_of(kafka: KafkaConfig, topic: str, partition: int) -> Iterator[list[Message]]:
    """All that lies there, in order. Raises NotDrained when the broker says nothing for a minute."""
    reader, silent = _reader(kafka), 0
    reader.assign([TopicPartition(topic, partition, 0)])
    try:
        while True:
            raw = reader.consume(AT_ONCE, WAIT_S)
            silent = 0 if raw else silent + 1
            if silent * WAIT_S > SILENT_S:
                raise NotDrained(f"the broker does not tell what is in {topic}")
            batch = [message for message in map(unpack, raw) if message is not None]
            if batch:
                yield batch
            if any(map(at_end, raw)):
                return
    finally:
        reader.close()


def _reader(kafka: KafkaConfig) -> Consumer:
    return consumer_client(kafka, f"chaos.{uuid.uuid4().hex}", **{"enable.partition.eof": True})
