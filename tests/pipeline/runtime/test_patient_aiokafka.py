"""What a broker answers unexpectedly to a member of a Faust app's group neither stops the flow nor is passed over."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiokafka import errors
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from confluent_kafka import Producer

from pipeline.flows.worker import FaustWorker
from pipeline.runtime.faust_app import faust_app, raw_topic
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable
from tests.brokers import fresh_topic

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]
"""A group takes seconds to form."""


class Program:
    """Takes one message, then tells its worker to end."""

    def __init__(self, broker: str, topic: str, taken: Callable[[bytes], object]) -> None:
        self.app = faust_app(KafkaConfig(broker, assignment="static", fetch_wait_ms=10), f"group-{topic}")

        @self.app.agent(raw_topic(self.app, topic))
        async def take(stream: Any) -> None:
            async for value in stream:
                taken(value)

    def work(self) -> Sequence[Awaitable[Any]]:
        """Nothing beside it."""
        return ()


def worker_on(broker: str) -> tuple[FaustWorker, list[bytes]]:
    """A worker that takes one message, which lies there already, and what it took."""
    topic, taken = fresh_topic(broker, 1), list[bytes]()
    producer = Producer({"bootstrap.servers": broker})
    producer.produce(topic, b"value", b"key")
    assert producer.flush(20) == 0

    def take(value: bytes) -> None:
        taken.append(value)
        worker.stop()

    worker = FaustWorker(lambda: Program(broker, topic, take))
    return worker, taken


def answer_once(monkeypatch: pytest.MonkeyPatch, error: errors.KafkaError) -> list[int]:
    """Let the first joining fail so; returns how often there was one."""
    join, times = GroupCoordinator._do_rejoin_group, list[int]()

    async def refuse_first(self: GroupCoordinator, subscription: Any) -> Any:
        times.append(1)
        if len(times) == 1:
            raise error
        return await join(self, subscription)

    monkeypatch.setattr(GroupCoordinator, "_do_rejoin_group", refuse_first)
    return times


def test_an_unexpected_answer_is_no_end(
    embedded_broker: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    times = answer_once(monkeypatch, errors.KafkaError("UnknownError()"))
    worker, taken = worker_on(embedded_broker)
    with caplog.at_level(logging.WARNING):
        worker.run()
    assert taken == [b"value"]
    assert len(times) >= 2
    assert "asking again" in caplog.text


def test_what_a_person_must_mend_ends_the_worker(embedded_broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_once(monkeypatch, errors.GroupAuthorizationFailedError("group"))
    worker, taken = worker_on(embedded_broker)
    with pytest.raises(KafkaUnusable):
        worker.run()
    assert taken == []


def test_who_leads_a_partition_is_asked_anew_where_a_broker_does_not(
    embedded_broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, known = Fetcher._proc_offset_request, set[int]()
    looked: list[int] = []

    async def led_by_another(self: Any, node_id: int, topic_data: Any) -> Any:
        client = self._client
        if id(client) not in known:
            known.add(id(client))
            look = client.force_metadata_update
            client.force_metadata_update = lambda: looked.append(1) or look()
            raise errors.NotLeaderForPartitionError("moved")
        return await ask(self, node_id, topic_data)

    monkeypatch.setattr(Fetcher, "_proc_offset_request", led_by_another)
    worker, taken = worker_on(embedded_broker)
    worker.run()
    assert taken == [b"value"]
    assert looked
