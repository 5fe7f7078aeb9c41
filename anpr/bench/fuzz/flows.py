"""The Faust apps as consumers in this process: their own functions, with tables in memory and no broker."""

from __future__ import annotations

import asyncio
import weakref
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from anpr.bench.fuzz.mutate import NOW
from anpr.bench.fuzz.stages import cameras
from anpr.bench.fuzz.taking import LOG, Consumer, Taken
from pipeline.flows.case_parts import CaseParts
from pipeline.flows.cases import Cases
from pipeline.flows.health import Health
from pipeline.flows.health_parts import HealthParts
from pipeline.flows.notice_parts import NoticeParts
from pipeline.flows.notices import Notices
from pipeline.lez.loading import load_law, zones
from pipeline.messages import Message
from pipeline.outcome import Emit, Rejection
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from schemas.codec import encode
from topics.spec import all_topics

__all__ = ["flow_consumers"]

NOBODY = KafkaConfig("127.0.0.1:9")
LOGS = dict.fromkeys(all_topics(), LOG)


class _Clock:
    """Stands still."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Nobody waits here."""


class _Delivery:
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.emitted: list[Emit] = []
        self.rejected: list[Rejection] = []

    async def send(self, emitted: Sequence[Emit], rejected: Iterable[Rejection] = ()) -> None:
        """As `pipeline.flows.delivery.Delivery`."""
        self.emitted += emitted
        self.rejected += rejected


class _Counts:
    """Notes what a flow counts as left out."""

    def __init__(self) -> None:
        self._metrics, self.dropped = Metrics(), Counter[str]()

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """As `Metrics.count`, which has the last word on names."""
        self._metrics.count(name, amount, **labels)
        if name == "anpr_dropped_total":
            self.dropped[labels["reason"]] += round(amount)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._metrics, name)


class FlowConsumer:
    """A Faust app of which only the functions run that agents call."""

    def __init__(
        self,
        name: str,
        make: Callable[[Any], Any],
        work: Mapping[tuple[str, ...], Callable[[Any], Callable[[Sequence[Message]], Awaitable[None]]]],
    ) -> None:
        """make: metrics → app. work: topics → the function that takes their messages."""
        self.name, self._work = name, work
        self.topics = tuple(topic for topics in work for topic in topics)
        self._loop, self._counts, self._delivery = asyncio.new_event_loop(), _Counts(), _Delivery()
        weakref.finalize(self, self._loop.close)
        self._flow = self._loop.run_until_complete(self._made(make))

    async def _made(self, make: Callable[[Any], Any]) -> Any:
        flow = make(self._counts)
        flow._delivery, flow._files.save = self._delivery, self._save
        return flow

    async def _save(self, changes: Mapping[bytes, tuple[int, Any]]) -> None:
        """Into the table alone: there is no changelog."""
        for key, (_partition, file) in changes.items():
            self._flow._files._remember(key, None if file is None else encode(file), file)

    def take(self, messages: Sequence[Message]) -> Taken:
        """Topic by topic, as agents take them; then what time brings."""
        self._delivery.emitted, self._delivery.rejected = [], []
        self._counts.dropped = Counter()
        self._loop.run_until_complete(self._take(messages))
        return Taken(self._delivery.rejected, self._counts.dropped, self._delivery.emitted)

    async def _take(self, messages: Sequence[Message]) -> None:
        for topics, function in self._work.items():
            ours = [message for message in messages if message.topic in topics]
            if ours:
                await function(self._flow)(ours)
        self._flow._files.due(NOW + timedelta(days=400))
        self._delivery.rejected += self._flow._files.take_refused()


async def _heard(flow: Any, messages: Sequence[Message]) -> None:
    """As Faust hands on the records of a changelog, at the start."""
    for one in messages:
        raw = SimpleNamespace(**one._asdict(), timestamp=one.timestamp_ms / 1000)
        await flow._files._heard(SimpleNamespace(message=raw))


def _cases(metrics: Any) -> Any:
    return Cases(CaseParts(NOBODY, _Clock(), metrics, LOGS, cameras(), {}))


def _notices(metrics: Any) -> Any:
    return Notices(NoticeParts(NOBODY, _Clock(), metrics, LOGS, {zone: load_law(zone) for zone in zones()}))


def _health(metrics: Any) -> Any:
    return Health(HealthParts(NOBODY, _Clock(), metrics, LOGS, cameras()))


def flow_consumers() -> list[Consumer]:
    """cases, notices, health."""
    sources = ("lez-verdicts", "lez-passes", "lez-permits", "lez-inputs")
    return [
        FlowConsumer(
            "cases",
            _cases,
            {
                ("hits", "anomalies"): lambda flow: flow._rekey,
                ("case-inputs",): lambda flow: flow._keep,
                ("case-files",): partial(partial, _heard),
            },
        ),
        FlowConsumer("notices", _notices, {sources: lambda flow: flow._keep, ("lez-files",): partial(partial, _heard)}),
        FlowConsumer(
            "health",
            _health,
            {("camera-tallies",): lambda flow: flow._keep, ("health-files",): partial(partial, _heard)},
        ),
    ]
