"""health: a Faust app that learns what is usual of each camera, and tells what is not.

camera-tallies ──keep──▶ anomalies, camera-health
                    └──▶ table of files, changelog health-files

The topic has one partition, so one worker sees all cameras; others stand by. Whatever follows from a message is
delivered before the message is acknowledged: dead letters, anomalies and rows, then the changelog of the table. After a
crash in between a message comes again, and tells the same again: counts are of stretches of the log, and are counted
once; an hour is judged once; the file that says how far all were looked at is kept last.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pipeline.flows.delivery import Delivery
from pipeline.flows.files import Files
from pipeline.flows.health_parts import HealthParts
from pipeline.flows.lane import Lane, measured
from pipeline.flows.looked_up import REFERENCES_S, LookedUp
from pipeline.flows.pulse import pulse_of
from pipeline.flows.worker import FaustWorker
from pipeline.health.together import ALL
from pipeline.health.troubles import kinds_of
from pipeline.health.watcher import Watcher
from pipeline.messages import Message
from pipeline.outcome import Emit, Rejection
from pipeline.runtime.even_topics import refuse_uneven
from pipeline.runtime.faust_app import count_rebalances, faust_app, measure_lag, raw_topic
from schemas.anomaly import Anomaly
from schemas.camera_tally import CameraTally
from schemas.codec import Refused, decoder, encode
from schemas.dead_letter import Reason
from schemas.health_file import HealthFile

__all__ = ["Health", "worker"]

FLOW = "health"
TALLIES, FILES, ANOMALIES, ROWS = "camera-tallies", "health-files", "anomalies", "camera-health"
TICK_S = BEAT_S = 1.0
FIRST_YEAR, LAST_YEAR = 1970, 2900
COUNTED_EVERY_S = 10.0
NO_WORD = timedelta(minutes=3)
"""After so long without a message nobody counts reads: `consolidate` tells every half minute how far it is."""


class Health:
    """The app: an agent, a table, and timers. It is the watcher's shelf."""

    def __init__(self, parts: HealthParts) -> None:
        """Make it in the running event loop."""
        self._parts = parts
        self.app = faust_app(parts.kafka, FLOW)
        count_rebalances(self.app, parts.metrics, FLOW)
        self._watcher = Watcher(parts.cameras, self)
        self._files = Files(self.app, FILES, TALLIES, HealthFile, lambda _file: None, self._watcher.forget)
        self._decode = decoder(CameraTally)
        self._delivery = Delivery(self.app, FLOW, parts.logs, parts.metrics, parts.clock)
        self._looked_up = LookedUp(parts.references, self._delivery, parts.metrics, FLOW)
        self._lane = Lane(self._keep, self.app)
        self._pulse = pulse_of(FLOW, parts, (self._lane,))
        self._heard_at = parts.clock.now()
        self.app.agent(raw_topic(self.app, TALLIES), name="keep")(self._lane.take)
        self.app.timer(BEAT_S)(self._beat)
        self.app.timer(REFERENCES_S)(self._looked_up.refresh)
        self.app.timer(COUNTED_EVERY_S)(self._count_cameras)

    def work(self) -> Sequence[Awaitable[Any]]:
        """What goes on beside the agent."""
        return [self._lane.run()]

    # ---- the shelf ---------------------------------------------------------------------------------------------

    def get(self, subject: str) -> HealthFile | None:
        """The file of this subject."""
        return self._files.get(subject.encode())

    def subjects(self) -> AbstractSet[str]:
        """All that there are."""
        return {key.decode() for key in self._files.held()}

    # ---- tallies → anomalies, rows -----------------------------------------------------------------------------

    async def _keep(self, messages: Sequence[Message]) -> None:
        rejected: list[Rejection] = []
        for message in messages:
            self._take(message, rejected)
        watcher = self._watcher
        emitted = [Emit(ANOMALIES, _key(one), encode(one)) for one in watcher.anomalies]
        emitted += [Emit(ROWS, one.camera_id.encode(), encode(one)) for one in watcher.rows]
        await self._delivery.send(emitted, rejected)
        changes = watcher.changes
        if ALL in changes:
            changes[ALL] = changes.pop(ALL)
        await self._files.save({subject.encode(): (0, file) for subject, file in changes.items()})
        for one in watcher.anomalies:
            self._note(one)
        watcher.taken()
        measured(self._parts.metrics, FLOW, messages, self._parts.clock.now())

    def _take(self, message: Message, rejected: list[Rejection]) -> None:
        try:
            tally = self._decode(message.value)
        except Refused as refused:
            rejected.append(Rejection(message, refused.reason, refused.detail))
            return
        if (message.key or b"") != (tally.camera_id or "").encode():
            rejected.append(Rejection(message, "key_mismatch", "key is not the camera"))
            return
        if fault := _time_fault(tally):
            rejected.append(Rejection(message, *fault))
            return
        self._heard_at = self._parts.clock.now()
        dropped = self._watcher.take(tally)
        if dropped:
            self._parts.metrics.count("anpr_dropped_total", flow=FLOW, reason=dropped)
        elif tally.delay_p50_s is not None:
            self._parts.metrics.observe("anpr_camera_skew_seconds", tally.delay_p50_s)

    def _note(self, anomaly: Anomaly) -> None:
        if anomaly.revision == 1:
            self._parts.metrics.count("anpr_camera_anomalies_total", kind=anomaly.kind)

    # ---- time --------------------------------------------------------------------------------------------------

    async def _count_cameras(self) -> None:
        await self._delivery.send_anyway((), self._files.take_refused())
        silent = reporting = 0
        for subject in self.subjects():
            file = None if subject.startswith(ALL) else self.get(subject)
            if file is not None:
                silent += "camera_silent" in kinds_of(file)
                reporting += _is_reporting(file, self._parts.clock.now())
        self._parts.metrics.set("anpr_cameras_silent", silent)
        self._parts.metrics.set("anpr_cameras_reporting", reporting)

    async def _beat(self) -> None:
        measure_lag(self.app, self._parts.metrics, FLOW, (TALLIES,))
        quiet = self._parts.clock.now() - self._heard_at > NO_WORD
        await self._pulse.look("nobody counts reads: is there a worker `consolidate`?" if quiet else "")


def _time_fault(tally: CameraTally) -> tuple[Reason, str] | None:
    """Stamps that no log has: hours and weeks around them would lie beyond the calendar."""
    years = {tally.first_at.year, tally.last_at.year}
    if max(years) > LAST_YEAR:
        return "captured_in_future", f"counted after {LAST_YEAR}: check the stamps of its reads"
    if min(years) < FIRST_YEAR:
        return "captured_too_old", f"counted before {FIRST_YEAR}: check the stamps of its reads"
    return None


def _key(anomaly: Anomaly) -> bytes:
    return (anomaly.camera_id or "").encode()


def _is_reporting(file: HealthFile, now: datetime) -> bool:
    return file.last_at is not None and now - file.last_at < timedelta(minutes=15)


def worker(parts: HealthParts) -> FaustWorker:
    """The app as a worker like the others."""

    def close() -> None:
        for reader in parts.references:
            reader.close()

    return FaustWorker(lambda: Health(parts), close, partial(refuse_uneven, parts.kafka, (TALLIES, FILES)))
