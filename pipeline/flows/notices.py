"""notices: a Faust app that makes warnings and fines of verdicts, for people to decide.

lez-verdicts, lez-passes, lez-permits ──keep──▶ lez-notices
people, the clock ──▶ lez-inputs ───────▶┘  └──▶ table of files, changelog lez-files

All of them have the plate as key and equal partitions, so what is said of a plate meets in one worker. Whatever follows
from a message is delivered before the message is acknowledged: dead letters, the changelog of the table, then notices.
After a crash in between a message comes again, and whoever inherits its file tells first what that had to tell, once.
The other way round would not do: messages of two topics may come in another order then, and a notice that was told
before the crash might never have come to be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from pipeline.flows.delivery import Delivery
from pipeline.flows.files import Files
from pipeline.flows.lane import Lane, measured
from pipeline.flows.notice_parts import NoticeParts
from pipeline.flows.pulse import pulse_of
from pipeline.flows.worker import FaustWorker
from pipeline.messages import Message
from pipeline.notices.file import Given, Handled, Said, handle, is_much, told_last, with_told
from pipeline.notices.forgetting import due_at
from pipeline.notices.records import InputRecord, OriginRecord
from pipeline.outcome import Emit, Rejection
from pipeline.runtime.even_topics import refuse_uneven
from pipeline.runtime.faust_app import count_rebalances, faust_app, measure_lag, raw_topic
from schemas.codec import Refused, decoder, encode
from schemas.lez import LezPass, LezPermits, LezVerdict
from schemas.lez_file import LezFile
from schemas.lez_notice import LezInput, LezNotice

__all__ = ["Notices", "worker"]

FLOW = "notices"
PERMITS, INPUTS, FILES, NOTICES = "lez-permits", "lez-inputs", "lez-files", "lez-notices"
SOURCES = ("lez-verdicts", "lez-passes", PERMITS, INPUTS)
TICK_S = BEAT_S = 1.0
DECODERS: Mapping[str, Callable[[bytes], Any]] = {
    topic: decoder(model) for topic, model in zip(SOURCES, (LezVerdict, LezPass, LezPermits, LezInput), strict=True)
}


@dataclass(slots=True)
class Batch:
    """What is known of a batch of messages so far."""

    rejected: list[Rejection] = field(default_factory=list)
    again: dict[bytes, Sequence[LezNotice]] = field(default_factory=dict)
    """Key → states that whoever kept its file before us may not have told."""
    files: dict[bytes, tuple[int, LezFile | None]] = field(default_factory=dict)
    """Key → partition, file as it will be; None: it goes."""
    told: defaultdict[bytes, list[LezNotice]] = field(default_factory=lambda: defaultdict(list))
    """Key → states to tell, in order."""


class Notices:
    """The app: an agent, a table, and timers."""

    def __init__(self, parts: NoticeParts) -> None:
        """Make it in the running event loop."""
        self._parts = parts
        self.app = faust_app(parts.kafka, FLOW, compacted=(PERMITS,))
        count_rebalances(self.app, parts.metrics, FLOW)
        self._files = Files(self.app, FILES, INPUTS, LezFile, partial(due_at, parts.laws))
        self._delivery = Delivery(self.app, FLOW, parts.logs, parts.metrics, parts.clock)
        self._lane = Lane(self._keep, self.app)
        self._pulse = pulse_of(FLOW, parts, (self._lane,))
        self.app.agent(raw_topic(self.app, *SOURCES), name="keep")(self._lane.take)
        self.app.timer(TICK_S)(self._tick)
        self.app.timer(BEAT_S)(self._beat)

    def work(self) -> Sequence[Awaitable[Any]]:
        """What goes on beside the agent."""
        return [self._lane.run()]

    async def _keep(self, messages: Sequence[Message]) -> None:
        batch, now = Batch(), self._parts.clock.now()
        for message in messages:
            if self._take(message, now, batch):
                await self._deliver(batch)
                batch = Batch()
        await self._deliver(batch)
        measured(self._parts.metrics, FLOW, messages, self._parts.clock.now())

    async def _deliver(self, batch: Batch) -> None:
        await self._delivery.send(_emits(batch.again), batch.rejected)
        self._files.adopt(batch.again)
        files = batch.files.items()
        await self._files.save({key: (at, file and with_told(file, batch.told[key])) for key, (at, file) in files})
        await self._delivery.send(_emits(batch.told))

    def _take(self, message: Message, now: datetime, batch: Batch) -> bool:
        """Add what follows from a message to the batch. True: deliver that before anything is added."""
        given = self._given(message, now)
        if isinstance(given, Rejection):
            batch.rejected.append(given)
            return False
        key = given.plate.encode()
        before = batch.files[key][1] if key in batch.files else self._files.get(key)
        handled = handle(self._parts.laws, before, given)
        if handled.refused:
            batch.rejected.append(Rejection(message, *handled.refused))
        is_changed = handled.file is not before
        if before is not None and (is_changed or handled.seen):
            self._inherit(key, before, batch)
        if is_changed:
            batch.files[key] = (message.partition, handled.file)
        self._note(handled, key, batch)
        return is_much(batch.told[key])

    def _inherit(self, key: bytes, file: LezFile, batch: Batch) -> None:
        if key not in batch.files and self._files.is_inherited(key):
            batch.again[key] = told_last(file)

    def _given(self, message: Message, now: datetime) -> Given | Rejection:
        origin = OriginRecord(log=self._parts.logs[message.topic], partition=message.partition, offset=message.offset)
        if message.topic == PERMITS and message.key and not message.value:  # nothing is granted any more
            return Given(message.key.decode("ascii", "replace"), None, now, origin)
        try:
            said: Said = DECODERS[message.topic](message.value)
        except Refused as refused:
            return Rejection(message, refused.reason, refused.detail)
        assert said is not None
        if message.key != said.plate.encode():
            return Rejection(message, "key_mismatch", "key is not the plate")
        return Given(said.plate, said, said.at if isinstance(said, InputRecord) else now, origin)

    def _note(self, handled: Handled, key: bytes, batch: Batch) -> None:
        metrics = self._parts.metrics
        batch.told[key] += handled.notices
        for notice in handled.notices:
            metrics.count("anpr_notices_told_total", kind=notice.kind, state=notice.state)
        if handled.dropped:
            metrics.count("anpr_dropped_total", flow=FLOW, reason=handled.dropped)

    async def _tick(self) -> None:
        """Time is a message too: only who keeps a file may change it, and it must be in the log why it did."""
        now = self._parts.clock.now()
        due = self._files.due(now)
        ticks = [Emit(INPUTS, key, encode(InputRecord(plate=key.decode(), at=now))) for key in due]
        await self._delivery.send_anyway(ticks, self._files.take_refused())
        self._parts.metrics.set("anpr_notice_files", len(self._files))
        measure_lag(self.app, self._parts.metrics, FLOW, SOURCES)

    async def _beat(self) -> None:
        await self._pulse.look()


def _emits(told: Mapping[bytes, Sequence[LezNotice]]) -> list[Emit]:
    return [Emit(NOTICES, key, encode(notice)) for key, notices in told.items() for notice in notices]


def worker(parts: NoticeParts) -> FaustWorker:
    """The app as a worker like the others."""
    return FaustWorker(lambda: Notices(parts), check=partial(refuse_uneven, parts.kafka, (*SOURCES, FILES)))
