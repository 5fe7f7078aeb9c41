"""What waits at the broker for a flow, on both brokers."""

from __future__ import annotations

from datetime import UTC, datetime

from confluent_kafka import Consumer, Producer, TopicPartition

from pipeline.runtime.backlog import backlog
from pipeline.runtime.kafka import KafkaConfig
from tests.brokers import fresh_topic

OLD_MS = 1_700_000_000_000


def test_what_nobody_has_committed_waits_and_the_oldest_is_known(broker: str) -> None:
    topic, kafka = fresh_topic(broker, partitions=3), KafkaConfig(broker)
    flow = f"flow-{topic}"
    assert backlog(kafka, flow, [topic]).messages == 0
    producer = Producer({"bootstrap.servers": broker})
    for number in range(10):
        producer.produce(topic, b"x", partition=number % 2, timestamp=OLD_MS + number * 1000)
    producer.flush(30)
    found = backlog(kafka, flow, [topic])
    assert (found.messages, found.ever) == (10, False)
    assert found.oldest_at == datetime.fromtimestamp(OLD_MS / 1000, UTC)
    member = Consumer({"bootstrap.servers": broker, "group.id": flow})
    member.commit(offsets=[TopicPartition(topic, 0, 5), TopicPartition(topic, 1, 1)], asynchronous=False)
    member.close()
    found = backlog(kafka, flow, [topic])
    assert (found.messages, found.ever) == (4, True)
    assert found.oldest_at == datetime.fromtimestamp(OLD_MS / 1000 + 3, UTC)
    assert backlog(kafka, flow, [topic], oldest=False).oldest_at is None
