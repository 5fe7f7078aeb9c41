"""A Faust app that is told to end commits what it has done and ends, whatever its group does meanwhile."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Sequence
from typing import Any

import pytest

from pipeline.runtime.faust_app import faust_app, raw_topic
from tests.brokers import fresh_topic
from tests.pipeline.runtime.test_seeking import at_work, committed
from tests.pipeline.runtime.workers import plain, send, static, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]
MESSAGES, END_S, TURNS = 10, 20, 100


class SharesWhileItEnds(ABC):
    """The group shares out anew just as the app begins to end."""

    def __init__(self, broker: str, topic: str) -> None:
        self.app = faust_app(static(broker), topic)
        self.taken, self._done = 0, asyncio.Event()
        self._done.set()  # at once, what it is to do
        self._stop, self.app._stop_consumer = self.app._stop_consumer, self._stopped  # type: ignore[method-assign]

        @self.app.agent(raw_topic(self.app, topic))
        async def take(stream: Any) -> None:
            async for _ in stream.events():
                self.taken += 1
                await self._done.wait()

    def work(self) -> Sequence[Awaitable[Any]]:
        """Nothing beside it."""
        return ()

    @abstractmethod
    async def _stopped(self) -> None:
        """In place of what the app does first of all as it ends."""

    async def _shared(self) -> None:
        """As the client's thread tells it."""
        consumer: Any = self.app.consumer
        await consumer.on_partitions_revoked(set())


class LosesItsBroker(SharesWhileItEnds):
    """And a question to the group's broker fails."""

    def __init__(self, broker: str, topic: str) -> None:
        super().__init__(broker, topic)
        self.app.conf.broker_commit_interval = 3600.0  # what it has done is committed at the end alone

    async def _stopped(self) -> None:
        shared = asyncio.ensure_future(self._shared())
        await _turns()
        consumer: Any = self.app.consumer
        consumer._thread.thread_loop.call_soon_threadsafe(consumer.coordinator.coordinator_dead)
        await self._stop()
        await shared


def test_a_group_that_shares_out_anew_keeps_nobody_from_ending(embedded_broker: str) -> None:
    topic = fresh_topic(embedded_broker, 1)
    send(embedded_broker, topic, plain([b"%d" % n for n in range(MESSAGES)]))
    with at_work(lambda: LosesItsBroker(embedded_broker, topic), END_S) as (program, meanwhile):
        until(lambda: program.taken == MESSAGES, meanwhile, "all taken")
    assert committed(embedded_broker, topic) == MESSAGES


class HasOneInHand(SharesWhileItEnds):
    """And a message is in hand, until the group is about to share out."""

    has_shared_amid: bool | None = None

    def __init__(self, broker: str, topic: str) -> None:
        super().__init__(broker, topic)
        self._done.clear()

    async def _stopped(self) -> None:
        ends, shared = asyncio.ensure_future(self._stop()), asyncio.ensure_future(self._shared())
        await _turns()
        self.has_shared_amid = shared.done()
        self._done.set()
        await asyncio.gather(ends, shared)


def test_a_group_shares_out_what_is_in_hand_only_when_it_is_done(embedded_broker: str) -> None:
    topic = fresh_topic(embedded_broker, 1)
    send(embedded_broker, topic, plain([b"value"]))
    with at_work(lambda: HasOneInHand(embedded_broker, topic), END_S) as (program, meanwhile):
        until(lambda: program.taken == 1, meanwhile, "one in hand")
    assert program.has_shared_amid is False
    assert committed(embedded_broker, topic) == 1


async def _turns() -> None:
    """Whatever was begun is done but for what waits."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
