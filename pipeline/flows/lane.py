"""The way from a Faust agent to our own function: in batches, acknowledged when all that follows is delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from pipeline.messages import Message
from pipeline.runtime.at_once import without_turns
from pipeline.runtime.event_time import measure_age
from pipeline.runtime.metrics import Metrics

__all__ = ["Lane", "measured", "unpacked"]

MOST_AT_ONCE = 200
MOST_WAITING = 1_000


class Lane:
    """Takes events from an agent, and has them worked off one batch after the other.

    A batch is what has come while the one before was worked on. Events of partitions that went to another worker are
    left to it. Work that raises ends the lane: nothing of its batch is acknowledged.
    """

    def __init__(self, work: Callable[[Sequence[Message]], Awaitable[None]], app: Any) -> None:
        """app: the one whose agent this is; its consumer is made when it is first asked for."""
        self._work, self._app = work, app
        self._waiting: asyncio.Queue[Any] = asyncio.Queue(MOST_WAITING)
        self._begun_at: float | None = None

    async def take(self, stream: Any) -> None:
        """The agent."""
        async for event in without_turns(stream.noack().events()):
            await self._waiting.put(event)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            events = [await self._waiting.get()]
            while len(events) < MOST_AT_ONCE and not self._waiting.empty():
                events.append(self._waiting.get_nowait())
            self._begun_at = asyncio.get_running_loop().time()
            ours = self._app.consumer.assignment()
            await self._work([unpacked(event.message) for event in events if event.message.tp in ours])
            self._begun_at = None
            for event in events:
                event.ack()

    def busy_s(self) -> float:
        """For how long it has been at the batch in hand; 0: there is none."""
        return 0.0 if self._begun_at is None else asyncio.get_running_loop().time() - self._begun_at


def measured(metrics: Metrics, flow: str, messages: Sequence[Message], now: datetime) -> None:
    """Count a batch that is delivered, and its age."""
    if not messages:
        return
    metrics.count("anpr_consumed_total", len(messages), flow=flow)
    metrics.observe("anpr_batch_messages", len(messages), flow=flow)
    age_s = now.timestamp() - messages[0].timestamp_ms / 1000
    metrics.observe("anpr_age_seconds", max(0.0, age_s), flow=flow)
    measure_age(metrics, flow, messages[0], now)


def unpacked(raw: Any) -> Message:
    """aiokafka's message, as Faust hands it on, as ours."""
    headers = tuple((name, value or b"") for name, value in raw.headers or ())
    stamp_ms = round((raw.timestamp or 0) * 1000)
    return Message(raw.topic, raw.partition, raw.offset, stamp_ms, raw.key or None, raw.value or b"", headers)
