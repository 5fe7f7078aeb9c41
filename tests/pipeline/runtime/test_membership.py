"""A worker that its group has shut out says so and ends; its successor under the same name is let in. Apache Kafka."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import closing

import pytest

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


def poll_until_shut_out(source: KafkaSource, step: str) -> None:
    """By either call that the loop makes."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if step == "poll":
            source.poll(10, 0.1)
        else:
            source.keep_alive()
            source._consumer.list_topics(timeout=1.0)  # as the loop asks something else while it waits
