"""What a broker holds for want of anything new keeps no Faust app waiting that has something else to ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.exceptions import ConsumerNotStarted

from pipeline.messages import Message
from pipeline.runtime.faust_app import faust_app, raw_topic
from pipeline.runtime.patient_aiokafka import be_patient
from tests.brokers import fresh_topic
from tests.pipeline.runtime.test_seeking import at_work
from tests.pipeline.runtime.workers import plain, send, static, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
HELD_MS, DEADLINE_S = 60_000, 20
PARTITIONS = 2


class Member:
    """One of a group with a table, whose broker may hold a fetch for longer than this test takes."""

    def __init__(self, broker: str, topic: str, changelog: str) -> None:
        self.app = faust_app(static(broker), topic)
        self.app.transport.fetch_wait_ms = HELD_MS  # type: ignore[attr-defined]  # ours
        kept = raw_topic(self.app, changelog, acks=False)
        self.app.Table(changelog, key_type=bytes, value_type=bytes, partitions=PARTITIONS, changelog_topic=kept)
        self.taken: list[bytes] = []
        self.topic = topic

        @self.app.agent(raw_topic(self.app, topic))
        async def take(stream: Any) -> None:
            async for value in stream:
                self.taken.append(value)

    def work(self) -> Sequence[Awaitable[Any]]:
        """Nothing beside it."""
        return ()

    def share(self) -> int:
        """Partitions of the topic that are its own, and flow."""
        consumer: Any = self.app.consumer
        try:
            return sum(place.topic == self.topic for place in consumer.assignment()) if consumer.flow_active else 0
        except ConsumerNotStarted:
            return 0


def everywhere(value: bytes) -> list[Message]:
    """The same for each partition."""
    return [message for p in range(PARTITIONS) for message in plain([value], partition=p)]


@pytest.mark.kafka
def test_a_member_that_comes_waits_for_no_fetch_of_another(kafka: str) -> None:
    topic, changelog = fresh_topic(kafka, PARTITIONS), fresh_topic(kafka, PARTITIONS)
    send(kafka, changelog, everywhere(b"kept"))

    def make() -> Member:
        return Member(kafka, topic, changelog)

    def all_take(value: bytes, members: Sequence[Member], meanwhile: Callable[[], None]) -> None:
        send(kafka, topic, everywhere(value))
        until(lambda: sum(one.taken.count(value) for one in members) == PARTITIONS, meanwhile, "taken", DEADLINE_S)

    with at_work(make) as (first, meanwhile):
        until(lambda: first.share() == PARTITIONS, meanwhile, "the first at work")
        all_take(b"alone", [first], meanwhile)
        with at_work(make) as (second, _):
            until(lambda: first.share() == second.share() == 1, meanwhile, "shared out", DEADLINE_S)
            all_take(b"together", [first, second], meanwhile)
        until(lambda: first.share() == PARTITIONS, meanwhile, "the first alone again", DEADLINE_S)
        all_take(b"alone again", [first], meanwhile)
    assert first.taken.count(b"alone again") == PARTITIONS


@asynccontextmanager
async def fetcher_of(broker: str, topic: str) -> AsyncIterator[Any]:
    """What fetches for a client that takes one partition."""
    be_patient()
    client = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest")
    await client.start()
    try:
        client.assign([TopicPartition(topic, 0)])
        yield client._fetcher
    finally:
        await client.stop()


async def turns_until(so: Callable[[], object]) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(DEADLINE_S):
        while not so():
            await asyncio.sleep(0.01)


def test_whoever_waits_is_told_that_something_else_is_fetched(embedded_broker: str) -> None:
    async def run() -> Any:
        async with fetcher_of(embedded_broker, fresh_topic(embedded_broker, 1)) as fetcher:
            waits = asyncio.ensure_future(fetcher.fetched_records(None, timeout=HELD_MS / 1000))
            await turns_until(lambda: fetcher._fetch_waiters)
            fetcher.fetch_anew()
            return await asyncio.wait_for(waits, DEADLINE_S)

    assert asyncio.run(run()) == {}


def test_what_nobody_took_is_fetched_anew(embedded_broker: str) -> None:
    topic = fresh_topic(embedded_broker, 1)
    send(embedded_broker, topic, plain([b"value"]))

    async def run() -> Any:
        async with fetcher_of(embedded_broker, topic) as fetcher:
            await turns_until(lambda: fetcher._records)
            fetcher.fetch_anew()
            assert not fetcher._records
            return await fetcher.fetched_records(None, timeout=DEADLINE_S)

    [[record]] = asyncio.run(run()).values()
    assert record.value == b"value"
