"""Stages, sinks and reference tables as consumers in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from anpr.bench.fuzz.mutate import NOW, valid_documents
from anpr.bench.fuzz.taking import LOG, Consumer, Taken
from console.dead_letters.letter import letter_of
from console.subjects import CASES, HITS
from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
from pipeline.lez.loading import load_law, zones
from pipeline.lez.registry.passes import PassBook
from pipeline.lez.registry.permits import PermitBook
from pipeline.lez.registry.vehicles import VehicleRegistry
from pipeline.messages import Batch, Message
from pipeline.outcome import Outcome, Rejection
from pipeline.runtime.reference import Reference, ReferenceReader
from pipeline.stages.assess_lez import AssessLez
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.look_back import LookBack
from pipeline.stages.match import Match
from pipeline.stages.read_plates import ReadPlates
from pipeline.stages.tally import Tally
from pipeline.stages.watch import Watch
from pipeline.vision.types import BoxPx, CharReading, Image, PlateReading
from schemas.camera import Camera, PatrolPosition
from schemas.codec import Refused, compiled, decoder, encode
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.lez import LezPass, LezPermits, Vehicle
from schemas.passage import Passage
from schemas.registry import CONTRACTS
from sinks.clickhouse.controllers import LEZ, POLICE, Controller
from sinks.clickhouse.held import HeldOffsets
from sinks.clickhouse.rows import ToRows
from topics.spec import all_topics

__all__ = ["cameras", "stage_consumers"]

CameraRecord = compiled(Camera)


@dataclass
class StageConsumer:
    """A stage, as the loop drives it."""

    name: str
    topics: tuple[str, ...]
    stage: Any
    each: bool = False
    """True: of each message something is told."""
    rows: bool = False
    """True: what it tells goes into tables, not topics."""

    def take(self, messages: Sequence[Message]) -> Taken:
        """A batch; then time passes, and the state is asked for, as before a commit."""
        places = {(message.topic, message.partition) for message in messages}
        outcome: Outcome = self.stage(Batch(messages, NOW))
        later: Outcome = self.stage(Batch((), NOW + timedelta(seconds=60), places))
        for place in places if hasattr(self.stage, "needed_from") else ():
            self.stage.needed_from(place)
        if hasattr(self.stage, "open_tracks"):
            self.stage.open_tracks()
        told = len(outcome.emitted) + sum(block.count for block in outcome.blocks) if self.each else None
        emitted = () if self.rows else (*outcome.emitted, *later.emitted)
        return Taken(outcome.rejected + later.rejected, outcome.dropped + later.dropped, emitted, told)


@dataclass
class ReferenceConsumer:
    """A table of reference records, as its reader fills it."""

    name: str
    topics: tuple[str, ...]
    reference: Reference

    def __post_init__(self) -> None:
        # Without its connection: only what it does with messages is looked at.
        self._reader: Any = ReferenceReader.__new__(ReferenceReader)
        self._reader.reference, self._reader._next, self._reader._changed_ms = self.reference, {}, 0

    def take(self, messages: Sequence[Message]) -> Taken:
        """Put and remove."""
        rejected = self._reader._apply(messages)
        self.reference.settle()
        self.reference.size()
        return Taken(rejected)


@dataclass
class ReaderConsumer:
    """Whoever only decodes: what it cannot read it passes over, and says so by Refused or by None."""

    name: str
    topics: tuple[str, ...]
    read: Callable[[Message], object]

    def take(self, messages: Sequence[Message]) -> Taken:
        """One by one."""
        rejected: list[Rejection] = []
        for message in messages:
            try:
                self.read(message)
            except Refused as refused:
                rejected.append(Rejection(message, refused.reason, refused.detail))
        return Taken(rejected, told=len(messages) - len(rejected))


class _Engine:
    """Reads a plate that fills the picture, whatever it shows."""

    name = "fuzz"

    def read(self, frame: Image) -> tuple[PlateReading, ...]:
        """One reading, of the picture's own size; none of a narrow one."""
        height, width = frame.shape[:2]
        seen = tuple(CharReading(char, 0.9) for char in "1ABC234")
        return (PlateReading("1ABC234", "1-ABC-234", 0.9, seen, BoxPx(0, 0, width, height)),) if width > 2 else ()

    def read_many(self, frames: Sequence[Image]) -> tuple[tuple[PlateReading, ...], ...]:
        """Of each."""
        return tuple(map(self.read, frames))


@dataclass
class _Archive:
    """Nothing passed but the examples."""

    seen: list[Passage] = field(default_factory=list)

    def plates_near(self, entry: HotlistEntry, since: datetime) -> Sequence[str]:  # noqa: ARG002 - as the stage asks
        return [one.plate for one in self.seen]

    def all_plates(self, since: datetime) -> Iterator[Sequence[str]]:  # noqa: ARG002
        yield [one.plate for one in self.seen]

    def passages(self, plates: Sequence[str], since: datetime) -> Iterator[Passage]:  # noqa: ARG002
        return (one for one in self.seen if one.plate in plates)

    def hits(self, entry_ids: Sequence[str], since: datetime) -> Sequence[Hit]:  # noqa: ARG002
        return ()

    def sizes(self) -> Mapping[str, int]:
        return {}

    def matched(self) -> Mapping[int, int]:
        return {0: 1}

    def stored(self) -> Mapping[int, int]:
        return {0: 1}


def cameras() -> dict[str, Camera]:
    """Every camera that an example names, and where some of them stand."""
    decode = decoder(Camera)
    known = {one["camera_id"]: decode(_bytes(one)) for one in valid_documents("camera")}
    named = {one.get("camera_id") for contract in CONTRACTS for one in valid_documents(contract)}
    for name in sorted(name for name in named if name and name not in known):
        known[name] = CameraRecord(camera_id=name, name=name, kind="fixed", lez_zones=("brussels",))
    return known


def _bytes(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()


def _hotlist() -> HotlistIndex:
    index = HotlistIndex()
    for document in valid_documents("hotlist_entry"):
        with suppress(Refused):  # of an example that is too wide
            index.put(document["entry_id"].encode(), decode_listed(_bytes(document)))
    index.settle()
    return index


def _registers() -> tuple[VehicleRegistry, PassBook, PermitBook]:
    vehicles, passes, permits = VehicleRegistry(), PassBook(), PermitBook()
    books = ((vehicles, Vehicle, "vehicle"), (passes, LezPass, "lez_pass"), (permits, LezPermits, "lez_permits"))
    for book, model, contract in cast("Any", books):
        for document in valid_documents(contract):
            book.put(document["plate"].encode(), decoder(model)(_bytes(document)))
    vehicles.settle()
    return vehicles, passes, permits


def _stages() -> Iterator[Consumer]:
    known = cameras()
    laws = {zone: load_law(zone) for zone in zones()}
    passages = [decoder(Passage)(_bytes(one)) for one in valid_documents("passage")]
    logs = dict.fromkeys(all_topics(), LOG)
    yield StageConsumer("read", ("frames",), ReadPlates(_Engine(), known, reader="fuzz"))
    yield StageConsumer("consolidate", ("reads",), Consolidate(known, tally=Tally(logs)))
    yield StageConsumer("match", ("passages",), Match(_hotlist(), known, {}))
    yield StageConsumer("judge", ("passages",), AssessLez(laws, known, *_registers()))
    yield StageConsumer("watch", ("passages",), Watch(known))
    yield StageConsumer("lookback", ("hotlist",), LookBack(_Archive(passages), known, timedelta(days=1)))


def _sinks() -> Iterator[Consumer]:
    for name, controller in (("store", POLICE), ("store-lez", LEZ)):
        yield StageConsumer(name, _stored(controller), _to_rows(controller, "all"), each=True, rows=True)
    yield StageConsumer("store, best reads", ("passages",), _to_rows(POLICE, "best"), rows=True)


def _stored(controller: Controller) -> tuple[str, ...]:
    return (*(stored.topic for stored in controller.stored), "dead-letters")


def _to_rows(controller: Controller, reads: str) -> ToRows:
    return ToRows(HeldOffsets(), dict.fromkeys(_stored(controller), LOG), reads, controller)


def _references() -> Iterator[Consumer]:
    vehicles, passes, permits = VehicleRegistry(), PassBook(), PermitBook()
    lists, table = HotlistIndex(), dict[bytes, Any]()
    keep = (table.__setitem__, lambda key: table.pop(key, None), table.__len__)
    yield _reference(Reference("cameras", decoder(Camera), *keep))
    yield _reference(Reference("patrols", decoder(PatrolPosition), *keep))
    yield _reference(Reference("hotlist", decode_listed, lists.put, lists.remove, lists.__len__, settle=lists.settle))
    yield _reference(
        Reference("vehicles", decoder(Vehicle), vehicles.put, vehicles.remove, vehicles.__len__, vehicles.settle)
    )
    yield _reference(Reference("lez-passes", decoder(LezPass), passes.put, passes.remove, passes.__len__))
    yield _reference(Reference("lez-permits", decoder(LezPermits), permits.put, permits.remove, permits.__len__))


def _reference(reference: Reference) -> Consumer:
    return ReferenceConsumer(f"{reference.topic} looked up", (reference.topic,), reference)


def _readers() -> Iterator[Consumer]:
    """Of the console and the command line."""
    for subject in cast("Any", (HITS, CASES)):

        def told(message: Message, subject: Any = subject) -> object:
            return subject.event(message.value, subject.decode(message.value)) if message.value else None

        yield ReaderConsumer(f"stream of {subject.topic}", (subject.topic,), told)
    yield ReaderConsumer("letters read", ("dead-letters", "webhook-dead-letters"), _letter)


def _others(taken: Collection[str]) -> Iterator[Consumer]:
    """Of topics that commands and programs beside the flows read: all of them begin with the contract."""
    for name, spec in all_topics().items():
        if name not in taken:
            yield ReaderConsumer(f"{name} read", (name,), partial(_decoded, decoder(CONTRACTS[spec.contract.name])))


def _decoded(decode: Callable[[bytes], object], message: Message) -> object:
    return decode(message.value) if message.value else None


def _letter(message: Message) -> object:
    letter = letter_of(message)
    return (
        None
        if letter is None
        else (letter.headers, letter.ancestor, letter.replay_id, letter.cut, encode(letter.about))
    )


def stage_consumers(beside: Collection[str]) -> list[Consumer]:
    """All that need no event loop. beside: topics that others take."""
    own = [*_stages(), *_sinks(), *_references(), *_readers()]
    return [*own, *_others({topic for one in own for topic in one.topics}.union(beside))]
