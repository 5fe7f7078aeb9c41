"""Sends through a Faust app, and returns when the brokers have it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.outcome import Emit, Rejection
from pipeline.runtime.clock import Clock
from pipeline.runtime.dead_letters import letters
from pipeline.runtime.faust_app import raw_topic
from pipeline.runtime.metrics import Metrics

__all__ = ["Delivery"]


class Delivery:
    """What follows from messages of one flow. Raises what the producer raises when a message is refused."""

    def __init__(self, app: Any, flow: str, logs: Mapping[str, str], metrics: Metrics, clock: Clock) -> None:
        """logs: topic → log identity, for dead letters."""
        self._app, self._flow, self._logs = app, flow, logs
        self._metrics, self._clock = metrics, clock
        self._topics: dict[str, Any] = {}

    async def send(self, emitted: Sequence[Emit], rejected: Sequence[Rejection] = ()) -> None:
        """Send what follows from a batch, then wait until all is acknowledged.

        Raises Expelled where that batch may be another worker's by now.
        """
        if emitted or rejected:
            await self._app.lease.confirm()
            await self.send_anyway(emitted, rejected)

    async def send_anyway(self, emitted: Sequence[Emit], rejected: Sequence[Rejection] = ()) -> None:
        """As `send`, for what harms nobody where it comes twice or late: ticks of a clock, dead letters."""
        sent = [await self._topic(emit.topic).send(key=emit.key, value=emit.value) for emit in emitted]
        sent += await self._bury(rejected)
        await asyncio.gather(*sent)
        for topic, count in Counter(emit.topic for emit in emitted).items():
            self._metrics.count("anpr_emitted_total", count, flow=self._flow, topic=topic)

    async def _bury(self, rejected: Sequence[Rejection]) -> list[Any]:
        sent = [
            await self._topic(letter.topic).send(key=letter.key, value=letter.value, headers=list(headers))
            for letter, headers in letters(self._flow, self._logs, rejected, self._clock.now())
        ]
        for rejection in rejected:
            self._metrics.count("anpr_dead_letters_total", flow=self._flow, reason=rejection.reason)
        return sent

    def _topic(self, name: str) -> Any:
        if name not in self._topics:
            self._topics[name] = raw_topic(self._app, name)
        return self._topics[name]
