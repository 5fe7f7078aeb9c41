"""cases: a Faust app that makes cases of hits, and keeps them.

hits, anomalies ──rekey──▶ case-inputs ──keep──▶ cases
            people, the clock ──▶┘         └──▶ table of files, changelog case-files

Whatever follows from a message is delivered before the message is acknowledged: cases and dead letters first, then the
changelog of the table. After a crash in between a message comes again: before the changelog it is worked off once
more, to the same revision; after it, it changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from functools import partial
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
from pipeline.flows.files import Files
from pipeline.flows.lane import Lane, measured
from pipeline.flows.looked_up import REFERENCES_S, LookedUp
from pipeline.flows.pulse import pulse_of
from pipeline.flows.worker import FaustWorker
from pipeline.messages import Message
from pipeline.outcome import Emit, Rejection
from pipeline.runtime.even_topics import refuse_uneven
from pipeline.runtime.faust_app import count_rebalances, faust_app, measure_lag, raw_topic
from schemas.case import Case
from schemas.case_file import CaseFile
from schemas.case_input import CaseInput
from schemas.codec import Refused, decoder, encode

__all__ = ["Cases", "worker"]

FLOW = "cases"
INPUTS, FILES, CASES = "case-inputs", "case-files", "cases"
TICK_S = BEAT_S = 1.0


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
        self._parts = parts
        self.app = faust_app(parts.kafka, FLOW)
        count_rebalances(self.app, parts.metrics, FLOW)
        self._files = Files(self.app, FILES, INPUTS, CaseFile, due_at)
        self._inputs = Inputs(parts.logs, parts.cameras)
        self._decode_input = decoder(CaseInput)
        self._delivery = Delivery(self.app, FLOW, parts.logs, parts.metrics, parts.clock)
        self._looked_up = LookedUp(parts.references, self._delivery, parts.metrics, FLOW)
        self._around = Around(parts.patrols, parts.forecast, parts.metrics, parts.clock)
        self._lanes = (Lane(self._rekey, self.app), Lane(self._keep, self.app))
        self._pulse = pulse_of(FLOW, parts, self._lanes)
        rekey, keep = self._lanes
        self.app.agent(raw_topic(self.app, "hits", "anomalies"), name="rekey")(rekey.take)
        self.app.agent(raw_topic(self.app, INPUTS), name="keep")(keep.take)
        self.app.timer(TICK_S)(self._tick)
        self.app.timer(BEAT_S)(self._beat)
        self.app.timer(REFERENCES_S)(self._looked_up.refresh)

    def work(self) -> Sequence[Awaitable[Any]]:
        """What goes on beside the agents."""
        return [lane.run() for lane in self._lanes]

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
        measured(self._parts.metrics, FLOW, messages, self._parts.clock.now())

    # ---- inputs → cases ----------------------------------------------------------------------------------------

    async def _keep(self, messages: Sequence[Message]) -> None:
        batch = Batch()
        for message in messages:
            self._handle(message, batch)
        await self._look_around(batch)
        batch.emitted += [Emit(CASES, str(one.case_id).encode(), encode(one)) for one in batch.changed.values()]
        await self._delivery.send(batch.emitted, batch.rejected)
        await self._files.save(batch.files)
        measured(self._parts.metrics, FLOW, messages, self._parts.clock.now())

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
        before = batch.files[key][1] if key in batch.files else self._files.get(key)
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

    # ---- time --------------------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        """Time is a message too: only who keeps a file may change it, and it must be in the log why it did."""
        now = self._parts.clock.now()
        due = self._files.due(now)
        ticks = [Emit(INPUTS, key, encode(InputRecord(plate=key.decode(), at=now))) for key in due]
        await self._delivery.send_anyway(ticks, self._files.take_refused())
        self._parts.metrics.set("anpr_case_files", len(self._files))
        measure_lag(self.app, self._parts.metrics, FLOW, ("hits", "anomalies", INPUTS))

    async def _beat(self) -> None:
        await self._pulse.look(self._around.trouble)


def worker(parts: CaseParts) -> FaustWorker:
    """The app as a worker like the others."""

    def close() -> None:
        for reader in parts.references:
            reader.close()

    return FaustWorker(lambda: Cases(parts), close, partial(refuse_uneven, parts.kafka, (INPUTS, FILES)))
