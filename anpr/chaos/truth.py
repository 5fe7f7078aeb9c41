"""What must come of the log of reads: one uninterrupted run of the stages over it, all tracks closed at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from anpr.chaos.facts import Latest
from anpr.chaos.traffic import digest, references
from anpr.registering import encoded
from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
from pipeline.lez.loading import load_law, zones
from pipeline.lez.registry.passes import PassBook
from pipeline.lez.registry.permits import PermitBook
from pipeline.lez.registry.vehicles import VehicleRegistry
from pipeline.messages import Batch, Message
from pipeline.notices.forgetting import MOST_A_DAY
from pipeline.notices.statements import is_offence
from pipeline.outcome import Emit
from pipeline.stages.assess_lez import AssessLez
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.match import Match
from schemas.camera import Camera
from schemas.codec import decoder
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.lez import LezVerdict, Vehicle
from schemas.passage import Passage

__all__ = ["Truth", "add_hit", "add_passage", "add_verdict"]

AT_ONCE = 10_000
_passage = decoder(Passage, frozenset({"passage_id", "plate", "revision", "withdrawn"}))
_hit = decoder(Hit, frozenset({"hit_id", "passage_id", "plate", "entry_id", "revision", "withdrawn"}))
_whole_verdict = decoder(LezVerdict)
_verdict = decoder(
    LezVerdict, frozenset({"verdict_id", "passage_id", "plate", "zone", "verdict", "revision", "withdrawn"})
)


def add_passage(to: Latest, value: bytes) -> Passage:
    """A passage is told under each plate that it was taken for; equal revisions are equal bytes."""
    told = _passage(value)
    to.add((told.passage_id, told.plate), told.revision, told.withdrawn, digest(value))
    return told


def add_hit(to: Latest, value: bytes) -> None:
    """Which entry, of which passage. Its words may tell of another moment: patrols move."""
    told = _hit(value)
    to.add((told.hit_id,), told.revision, told.withdrawn, (told.passage_id, told.plate, told.entry_id))


def add_verdict(to: Latest, value: bytes) -> None:
    """Which zone, and what it says."""
    told = _verdict(value)
    to.add((told.verdict_id,), told.revision, told.withdrawn, (told.passage_id, told.plate, told.zone, told.verdict))


@dataclass(slots=True)
class Truth:
    """Filled by `add`, partition by partition."""

    now: datetime
    """When the references were put in, or later: they hold for all reads."""
    passages: Latest = field(default_factory=Latest)
    hits: Latest = field(default_factory=Latest)
    verdicts: Latest = field(default_factory=Latest)
    offences: dict[Hashable, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    """Plate, zone and local day → verdicts, each of which a notice follows; of many a day, some (`due`)."""
    _last: dict[Any, bytes] = field(default_factory=dict)
    """The message that holds, by passage and plate."""

    def add(self, partition: int, batches: Iterable[list[Message]]) -> int:
        """Run over one partition of the reads; returns how many there are."""
        stage = Consolidate({camera.camera_id: camera for camera in _of(Camera)})
        count, last_ms = 0, 0
        for batch in batches:
            last_ms = max(last_ms, batch[-1].timestamp_ms)
            count += len(batch)
            self._take(stage(Batch(batch, datetime.fromtimestamp(last_ms / 1000, UTC))).emitted)
        ended = datetime.fromtimestamp(last_ms / 1000, UTC) + timedelta(hours=1)
        self._take(stage(Batch((), ended, frozenset({("reads", partition)}))).emitted)
        return count

    def _take(self, told: list[Emit]) -> None:
        for emit in told:
            passage = add_passage(self.passages, emit.value)
            key = (passage.passage_id, passage.plate)
            if passage.withdrawn:
                self._last.pop(key, None)
            else:
                self._last[key] = emit.value

    def conclude(self) -> None:
        """Hits and verdicts of the passages that hold."""
        match, judge = _match(), _judge()
        values = list(self._last.values())
        for start in range(0, len(values), AT_ONCE):
            part = values[start : start + AT_ONCE]
            messages = [
                Message("passages", 0, start + n, _ms(self.now), _plate(value), value) for n, value in enumerate(part)
            ]
            for emit in match(Batch(messages, self.now)).emitted:
                add_hit(self.hits, emit.value)
            for emit in judge(Batch(messages, self.now)).emitted:
                add_verdict(self.verdicts, emit.value)
                self._note_offence(_whole_verdict(emit.value))
        self._last.clear()

    def _note_offence(self, verdict: LezVerdict) -> None:
        if is_offence(verdict):
            day = load_law(verdict.zone).local_day(verdict.captured_at)
            self.offences[verdict.plate, verdict.zone, verdict.country, day].append(verdict.verdict_id)

    def due(self, held: Collection[UUID]) -> set[UUID]:
        """Offences that must be in a notice, where these are in one: of one day no more than a file keeps."""
        due: set[UUID] = set()
        for offences in self.offences.values():
            there = [one for one in offences if one in held]
            missing = [one for one in offences if one not in held]
            due.update(there, missing[: max(0, MOST_A_DAY - len(there))])
        return due


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _plate(value: bytes) -> bytes:
    return str(_passage(value).plate).encode()


def _of(kind: type[Any]) -> list[Any]:
    return [record for record in references(datetime.now(UTC)) if isinstance(record, kind)]


def _match() -> Match:
    index = HotlistIndex()
    for entry in _of(HotlistEntry):
        key, value = encoded(entry)
        index.put(key, decode_listed(value))
    index.settle()
    return Match(index, {camera.camera_id: camera for camera in _of(Camera)}, {})


def _judge() -> AssessLez:
    vehicles = VehicleRegistry()
    for vehicle in _of(Vehicle):
        vehicles.put(b"", vehicle)
    vehicles.settle()
    cameras = {camera.camera_id: camera for camera in _of(Camera)}
    return AssessLez({zone: load_law(zone) for zone in zones()}, cameras, vehicles, PassBook(), PermitBook())
