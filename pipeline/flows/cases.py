"""cases: a Faust app that makes cases of hits, and keeps them.

hits, anomalies ──rekey──▶ case-inputs ──keep──▶ cases
            people, the clock ──▶┘         └──▶ table of files, changelog case-files

Whatever follows from a message is delivered before the message is acknowledged: cases and dead letters first, then the
changelog of the table. After a crash in between a message comes again: before the changelog it is worked off once
more, to the same revision; after it, it changes nothing any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from pipeline.cases.clockwork import due_at
from pipeline.cases.file import Handled, handle
from pipeline.cases.inputs import Inputs
from pipeline.cases.records import InputRecord
from pipeline.cases.surroundings import surrounded, with_case
from pipeline.flows.around import Around
from pipeline.flows.case_parts import CaseParts
from pipeline.flows.delivery import Delivery
from pipeline.flows.due import Due
from pipeline.flows.lane import Lane
from pipeline.flows.worker import FaustWorker
from pipeline.messages import Message
from pipeline.outcome import Emit, Rejection
from pipeline.runtime.faust_app import faust_app, raw_topic
from pipeline.runtime.partitions import partition_of
from schemas.case import Case
from schemas.case_file import CaseFile
from schemas.case_input import CaseInput
from schemas.codec import Refused, decoder, encode

__all__ = ["Cases", "worker"]

FLOW = "cases"
INPUTS, FILES, CASES = "case-inputs", "case-files", "cases"
TICK_S = BEAT_S = 1.0
REFERENCES_S = 0.5
MOST_TICKS = 500
TICK_AGAIN = timedelta(seconds=30)
"""A tick that has not come back by then is sent again."""


@dataclass(slots=True)
class Batch:
    """What is known of a batch of inputs so far."""

    emitted: list[Emit] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    files: dict[bytes, tuple[int, CaseFile | None]] = field(default_factory=dict)
    """Key → partition, file as it will be; None: it goes."""
    changed: dict[UUID, Case] = field(default_factory=dict)
    """Cases to tell, as they are by now. A file may let go of one within the batch that it changed in."""
    look_around: dict[UUID, bytes] = field(default_factory=dict)
    """Case → key of its file."""


class Cases:
    """The app: two agents, a table, and timers."""

    def __init__(self, parts: CaseParts) -> None:
        """Make it in the running event loop."""
        self._parts, self._due = parts, Due()
        self.app = faust_app(parts.kafka, FLOW)
        self._files = self.app.Table(
            FILES, key_type=bytes, value_type=bytes, changelog_topic=raw_topic(self.app, FILES)
        )
        self._files.on_recover(self._recovered)
        self._unusable = [one for reader in parts.references for one in reader.load()]
        self._inputs = Inputs(parts.logs, parts.cameras)
        self._decode_input, self._decode_file = decoder(CaseInput), decoder(CaseFile)
        self._delivery = Delivery(self.app, FLOW, parts.logs, parts.metrics, parts.clock)
        self._around = Around(parts.patrols, parts.forecast, parts.metrics, parts.clock)
        self._lanes = (Lane(self._rekey, self._is_ours), Lane(self._keep, self._is_ours))
        rekey, keep = self._lanes
        self.app.agent(raw_topic(self.app, "hits", "anomalies"), name="rekey")(rekey.take)
        self.app.agent(raw_topic(self.app, INPUTS), name="keep")(keep.take)
        self.app.timer(TICK_S)(self._tick)
        self.app.timer(BEAT_S)(self._beat)
        self.app.timer(REFERENCES_S)(self._refresh)

    def work(self) -> Sequence[Awaitable[Any]]:
        """What goes on beside the agents."""
        return [lane.run() for lane in self._lanes]

    def _is_ours(self, place: Any) -> bool:
        return place in self.app.consumer.assignment()

    # ---- hits and anomalies → inputs ---------------------------------------------------------------------------

    async def _rekey(self, messages: Sequence[Message]) -> None:
        now, batch = self._parts.clock.now(), Batch()
        for message in messages:
            given = self._inputs(message, now)
            if isinstance(given, Rejection):
                batch.rejected.append(given)
            elif given is None:
                self._parts.metrics.count("anpr_dropped_total", flow=FLOW, reason="no_matter_for_a_case")
            else:
                batch.emitted.append(Emit(INPUTS, given.plate.encode(), encode(given)))
        await self._delivery.send(batch.emitted, batch.rejected)
        self._measure(messages)

    # ---- inputs → cases ----------------------------------------------------------------------------------------

    async def _keep(self, messages: Sequence[Message]) -> None:
        batch = Batch()
        for message in messages:
            self._handle(message, batch)
        await self._look_around(batch)
        batch.emitted += [Emit(CASES, str(one.case_id).encode(), encode(one)) for one in batch.changed.values()]
        await self._delivery.send(batch.emitted, batch.rejected)
        await self._save(batch)
        self._measure(messages)

    def _handle(self, message: Message, batch: Batch) -> None:
        try:
            given = self._decode_input(message.value)
        except Refused as refused:
            batch.rejected.append(Rejection(message, refused.reason, refused.detail))
            return
        key = given.plate.encode()
        if message.key != key:
            batch.rejected.append(Rejection(message, "key_mismatch", "key is not the plate of the vehicle"))
            return
        before = batch.files[key][1] if key in batch.files else self._file(key)
        handled = handle(before, given)
        if handled.refused:
            batch.rejected.append(Rejection(message, "unknown_case", handled.refused))
        if handled.file is not before:
            batch.files[key] = (message.partition, handled.file)
        self._note(handled, key, batch)

    def _note(self, handled: Handled, key: bytes, batch: Batch) -> None:
        batch.changed |= {case.case_id: case for case in handled.cases}
        batch.look_around |= dict.fromkeys(handled.look_around, key)
        for event in handled.events:
            self._parts.metrics.count("anpr_case_events_total", kind=event.kind)

    def _file(self, key: bytes) -> CaseFile | None:
        value = self._files.data.get(key)
        return self._decode_file(value) if value else None

    async def _look_around(self, batch: Batch) -> None:
        """Tell of vehicles that were just seen who is near and where they may show next."""
        now = self._parts.clock.now()
        cases = [batch.changed[case_id] for case_id in batch.look_around]
        for case, following in zip(cases, await self._around.following(cases), strict=True):
            key = batch.look_around[case.case_id]
            told = surrounded(case, self._around.near(case, now), following, now)
            partition, file = batch.files[key]
            batch.changed[case.case_id] = told
            batch.files[key] = (partition, None if file is None else with_case(file, told))

    # ---- the table ---------------------------------------------------------------------------------------------

    async def _save(self, batch: Batch) -> None:
        """The changelog first: what is only in memory would be lost, and its messages be acknowledged.

        The last one of each partition goes alone. The embedded broker tells the end of a log only up to the first
        message of its last batch (decision 0004), and a table that is recovered up to there must lack nothing.
        """
        values = {key: (at, None if file is None else encode(file)) for key, (at, file) in batch.files.items()}
        last = {at: key for key, (at, _) in values.items()}
        for keys in (values.keys() - set(last.values()), last.values()):
            await asyncio.gather(*(self._files.send_changelog(values[key][0], key, values[key][1]) for key in keys))
        for key, (_partition, file) in batch.files.items():
            self._remember(key, values[key][1], file)

    def _remember(self, key: bytes, value: bytes | None, file: CaseFile | None) -> None:
        if value is None or file is None:
            self._files.data.pop(key, None)
            self._due.drop(key)
        else:
            self._files.data[key] = value
            self._due.set(key, due_at(file))

    async def _recovered(self) -> None:
        """The table is as its changelog says: find out what is due, of the vehicles that are ours."""
        mine = {place.partition for place in self.app.consumer.assignment() if place.topic == INPUTS}
        count = self.app.consumer.topic_partitions(INPUTS) or 1
        self._due.clear()
        for key in list(self._files.data):
            file = self._file(key)
            if file is not None and partition_of(key, count) in mine:
                self._due.set(key, due_at(file))

    # ---- time --------------------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        """Time is a message too: only who keeps a file may change it, and it must be in the log why it did."""
        now = self._parts.clock.now()
        due = self._due.take(now, MOST_TICKS)
        for key in due:  # before it is sent: what comes back sets the true moment
            self._due.set(key, now + TICK_AGAIN)
        await self._delivery.send([Emit(INPUTS, key, encode(InputRecord(plate=key.decode(), at=now))) for key in due])
        self._parts.metrics.set("anpr_case_files", len(self._due))

    async def _beat(self) -> None:
        """Whoever waits for the broker lives; whoever hangs in one batch does not."""
        if not any(lane.hangs() for lane in self._lanes):
            self._parts.beat(self._around.trouble)

    async def _refresh(self) -> None:
        rejected = [one for reader in self._parts.references for one in reader.refresh()]
        unusable, self._unusable = self._unusable + rejected, []
        await self._delivery.send((), unusable)

    def _measure(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        metrics, now = self._parts.metrics, self._parts.clock.now()
        metrics.count("anpr_consumed_total", len(messages), flow=FLOW)
        metrics.observe("anpr_batch_messages", len(messages), flow=FLOW)
        age_s = now.timestamp() - messages[0].timestamp_ms / 1000
        metrics.observe("anpr_age_seconds", max(0.0, age_s), flow=FLOW)


def worker(parts: CaseParts) -> FaustWorker:
    """The app as a worker like the others."""

    def close() -> None:
        for reader in parts.references:
            reader.close()

    return FaustWorker(lambda: Cases(parts), close)
