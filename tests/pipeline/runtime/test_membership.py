"""A worker and its group on Apache Kafka: shut out, it ends; what comes back to it is read."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import closing

import pytest
from confluent_kafka import Producer

from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable
from pipeline.runtime.source import KafkaSource
from tests.brokers import fresh_topic

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(90)]
DEADLINE_S = 40.0


def member(bootstrap: str, flow: str, topic: str, given: Callable[[object], object]) -> KafkaSource:
    """A worker's place in its group, by one name."""
    source = KafkaSource(KafkaConfig(bootstrap, instance="worker-1"), flow, [topic], assigned=given)
    source.open()
    return source


def poll_until(source: KafkaSource, done: Callable[[], object]) -> None:
    """As the loop does. Raises TimeoutError."""
    deadline = time.monotonic() + DEADLINE_S
    while not done():
        source.poll(10, 0.1)
        if time.monotonic() > deadline:
            raise TimeoutError


@pytest.mark.parametrize("step", ["poll", "keep_alive"])
def test_whoever_is_shut_out_by_another_of_its_name_ends(kafka: str, step: str) -> None:
    flow, topic, given, taken = f"flow-{uuid.uuid4().hex[:8]}", fresh_topic(kafka), [], []
    with closing(member(kafka, flow, topic, given.append)) as first:
        poll_until(first, lambda: given)
        with closing(member(kafka, flow, topic, taken.append)) as second:
            poll_until(second, lambda: taken)
            with pytest.raises(KafkaUnusable, match="the same ANPR_KAFKA_INSTANCE"):
                poll_until_shut_out(first, step)


def test_a_partition_that_goes_while_its_worker_waits_is_read_when_it_comes_back(kafka: str) -> None:
    flow, topic = f"flow-{uuid.uuid4().hex[:8]}", fresh_topic(kafka, 2)
    given: list[object] = []
    with closing(KafkaSource(KafkaConfig(kafka), flow, [topic], assigned=given.append)) as first:
        first.open()
        poll_until(first, lambda: given)
        first.keep_alive()
        taken: list[object] = []
        with closing(KafkaSource(KafkaConfig(kafka), flow, [topic], assigned=taken.append)) as second:
            second.open()
            poll_until(second, lambda: (first.keep_alive(), taken)[1])
            first.resume()
            given.clear()
        poll_until(first, lambda: given)
        producer = Producer({"bootstrap.servers": kafka})
        for partition in (0, 1):
            producer.produce(topic, b"value", partition=partition)
        assert producer.flush(20) == 0
        seen: set[int] = set()
        deadline = time.monotonic() + DEADLINE_S
        while seen != {0, 1} and time.monotonic() < deadline:
            seen |= {message.partition for message in first.poll(10, 0.1).fresh}
        assert seen == {0, 1}


def poll_until_shut_out(source: KafkaSource, step: str) -> None:
    """By either call that the loop makes."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if step == "poll":
            source.poll(10, 0.1)
        else:
            source.keep_alive()
            source._consumer.list_topics(timeout=1.0)  # as the loop asks something else while it waits
