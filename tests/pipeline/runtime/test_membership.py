"""A worker and its group on Apache Kafka: shut out, it ends; what comes back to it is read."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import closing

import pytest
from confluent_kafka import Producer

from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable
from pipeline.runtime.source import KafkaSource, Polled
from tests.brokers import fresh_topic

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(90)]
DEADLINE_S = 40.0


def member(
    bootstrap: str, flow: str, topic: str, given: Callable[[object], object], name: str | None = "worker-1"
) -> KafkaSource:
    """A worker's place in its group. name: None for one that nobody waits for when it leaves."""
    source = KafkaSource(KafkaConfig(bootstrap, instance=name), flow, [topic], assigned=given)
    source.open()
    return source


def go_on_until(done: Callable[[], object], *steps: Callable[[], object]) -> None:
    """Take these steps by turns, as the loop does. Raises TimeoutError."""
    deadline = time.monotonic() + DEADLINE_S
    while not done():
        for step in steps:
            step()
        if time.monotonic() > deadline:
            raise TimeoutError


def poll(source: KafkaSource) -> Callable[[], Polled]:
    """A step: take what has come."""
    return lambda: source.poll(10, 0.1)


def wait(source: KafkaSource) -> Callable[[], object]:
    """A step: stay in the group while a dependency is down, and ask something else meanwhile."""
    return lambda: (source.keep_alive(), source.broker_answers())


@pytest.mark.parametrize("step", [poll, wait])
def test_whoever_is_shut_out_by_another_of_its_name_ends(
    kafka: str, step: Callable[[KafkaSource], Callable[[], object]]
) -> None:
    flow, topic, given, taken = f"flow-{uuid.uuid4().hex[:8]}", fresh_topic(kafka), [], []
    with closing(member(kafka, flow, topic, given.append)) as first:
        go_on_until(lambda: given, poll(first))
        with closing(member(kafka, flow, topic, taken.append)) as second:
            go_on_until(lambda: taken, poll(second))
            with pytest.raises(KafkaUnusable, match="the same ANPR_KAFKA_INSTANCE"):
                go_on_until(lambda: False, step(first))


def test_a_partition_that_goes_while_its_worker_waits_is_read_when_it_comes_back(kafka: str) -> None:
    flow, topic, given, taken = f"flow-{uuid.uuid4().hex[:8]}", fresh_topic(kafka, 2), [], []
    with closing(member(kafka, flow, topic, given.append, None)) as first:
        go_on_until(lambda: given, poll(first))
        first.keep_alive()
        with closing(member(kafka, flow, topic, taken.append, None)) as second:
            go_on_until(lambda: taken, poll(second), wait(first))
            first.resume()
            given.clear()
        go_on_until(lambda: given, poll(first))
        producer = Producer({"bootstrap.servers": kafka})
        for partition in (0, 1):
            producer.produce(topic, b"value", partition=partition)
        assert producer.flush(20) == 0
        seen: set[int] = set()
        go_on_until(lambda: seen == {0, 1}, lambda: seen.update(m.partition for m in poll(first)().fresh))
