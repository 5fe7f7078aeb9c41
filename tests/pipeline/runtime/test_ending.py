"""A Faust app that is told to end commits what it has done and ends, whatever its group does meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Sequence
from typing import Any

import pytest

from pipeline.flows.worker import FaustWorker
from pipeline.runtime.faust_app import faust_app, raw_topic
from tests.brokers import fresh_topic
from tests.pipeline.runtime.test_seeking import committed
from tests.pipeline.runtime.workers import plain, send, static, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]
MESSAGES, END_S, TURNS = 10, 20, 100


class SharesWhileItEnds:
    """The group shares out anew just as the app begins to end, and a question to its broker fails."""

    def __init__(self, broker: str, topic: str) -> None:
        self.app = faust_app(static(broker), topic)
        self.app.conf.broker_commit_interval = 3600.0  # what it has done is committed at the end alone
        self.taken = 0
        self._stop, self.app._stop_consumer = self.app._stop_consumer, self._stopped

        @self.app.agent(raw_topic(self.app, topic))
        async def take(stream: Any) -> None:
            async for _ in stream.events():
                self.taken += 1

    def work(self) -> Sequence[Awaitable[Any]]:
        """Nothing beside it."""
        return ()

    async def _stopped(self) -> None:
        consumer: Any = self.app.consumer
        await consumer.on_partitions_revoked(set())
        for _ in range(TURNS):  # whatever that has begun is done
            await asyncio.sleep(0)
        consumer._thread.thread_loop.call_soon_threadsafe(consumer.coordinator.coordinator_dead)
        await self._stop()


def test_a_group_that_shares_out_anew_keeps_nobody_from_ending(embedded_broker: str) -> None:
    topic, made = fresh_topic(embedded_broker, 1), list[SharesWhileItEnds]()
    send(embedded_broker, topic, plain([b"%d" % n for n in range(MESSAGES)]))

    def make() -> SharesWhileItEnds:
        made.append(SharesWhileItEnds(embedded_broker, topic))
        return made[0]

    worker = FaustWorker(make)
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    until(lambda: bool(made) and made[0].taken == MESSAGES, lambda: thread.join(0.05), "all taken")
    worker.stop()
    thread.join(END_S)
    assert not thread.is_alive()
    assert committed(embedded_broker, topic) == MESSAGES
