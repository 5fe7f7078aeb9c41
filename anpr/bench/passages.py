"""Passages per true passing: vehicles with truth through `consolidate`, as simulated reads or as rendered pictures.

In process, without broker: what is measured is whether one vehicle is one passage, and with which plate.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from anpr.evaluate.score import iou
from pipeline.messages import Batch, Message
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.read_plates import FRAME_HEADER, ReadPlates
from pipeline.vision.protocols import Engine
from replay.passing import Moment, Passing, Scene, draw_scenes, moments, reads_of, render_request
from replay.render import render_frame
from replay.seeds import stream
from schemas.codec import decoder
from schemas.passage import Passage
from schemas.read import Read

__all__ = ["rendered_passings", "simulated_passings"]

CAMERA = "passing-1"
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SAME_PLACE = 0.2
"""Least overlap (IoU) of a read's box with a true plate's to be a read of that plate."""
SWAPPED_RATE, REPEATED_RATE = 0.03, 0.01
"""Share of frames that come after the next one; of reads that are sent twice."""
SWAPPED_WITHIN = timedelta(seconds=1)
Owned = tuple[Read, int | None]
"""A read and the number of the passing that it is of; None: of no vehicle."""


def simulated_passings(passings: int, *, seed: int = 1, fps: float = 8.0, boxes: bool = True) -> dict[str, Any]:
    """Figures of reads drawn from the truth: misreads, boxes that jitter, frames without a read or out of order."""
    scenes = draw_scenes(passings, seed)
    rng = stream(seed, "passing-reads")

    def frames() -> Iterator[list[Owned]]:
        for moment in moments(scenes, START, fps):
            yield [(read, passing.number) for read, passing in reads_of(moment, CAMERA, rng, boxes=boxes)]

    return _measure(_disturbed(frames(), seed), scenes)


def _disturbed(frames: Iterable[list[Owned]], seed: int) -> Iterator[Owned]:
    """Some frames come after the next one, some reads come twice."""
    rng = stream(seed, "passing-order")
    for owned in _swapped(frames, rng):
        yield owned
        if rng.random() < REPEATED_RATE:
            yield owned


def _swapped(frames: Iterable[list[Owned]], rng: random.Random) -> Iterator[Owned]:
    held: list[Owned] = []
    for frame in frames:
        if held and frame and frame[0][0].captured_at - held[0][0].captured_at < SWAPPED_WITHIN:
            yield from frame
            yield from held
            held = []
        else:
            yield from held
            held = frame if rng.random() < SWAPPED_RATE else []
            yield from frame if not held else []
    yield from held


def rendered_passings(passings: int, engine: Engine, *, seed: int = 1, fps: float = 4.0) -> dict[str, Any]:
    """Figures of pictures that are drawn and read."""
    scenes = draw_scenes(passings, seed, jam_s=15.0)
    reader = ReadPlates(engine, {CAMERA: None}, reader=engine.name)
    owned = (one for moment in moments(scenes, START, fps) for one in _read(reader, moment, seed))
    return {"engine": engine.name, **_measure(owned, scenes)}


def _read(reader: ReadPlates, moment: Moment, seed: int) -> list[Owned]:
    request = render_request(moment, CAMERA)
    picture = render_frame(request, seed)
    header = request.frame(picture).model_dump_json(exclude_none=True).encode()
    stamp_ms = round(moment.captured_at.timestamp() * 1000)
    message = Message("frames", 0, moment.sequence, stamp_ms, CAMERA.encode(), picture, ((FRAME_HEADER, header),))
    emitted = reader(Batch([message], moment.captured_at)).emitted
    reads = [Read.model_validate_json(emit.value) for emit in emitted]
    return [(read, _owner(read, moment)) for read in reads]


def _owner(read: Read, moment: Moment) -> int | None:
    """The vehicle whose plate is where the read is."""
    if read.box is None:
        return None
    overlaps = [(iou(read.box, look.box), look.passing.number) for look in moment.looks]
    most, number = max(overlaps, default=(0.0, -1))
    return number if most >= SAME_PLACE else None


@dataclass(slots=True)
class _Tally:
    """Passages as they are told, against the truth."""

    truth: dict[int, Passing]
    owners: dict[UUID, int | None] = field(default_factory=dict)
    reads: int = 0
    last: dict[UUID, Passage] = field(default_factory=dict)
    """Passage id → its highest revision that is not withdrawn."""
    revisions: Counter[UUID] = field(default_factory=Counter)

    def note(self, passage: Passage) -> None:
        if not passage.withdrawn:
            self.last[passage.passage_id] = passage
            self.revisions[passage.passage_id] += 1

    def report(self) -> dict[str, Any]:
        """Each passage counts for the vehicle whose read it shows."""
        shown = [(passage, self.owners[passage.best_read_id]) for passage in self.last.values()]
        per_passing = Counter(owner for _, owner in shown if owner is not None)
        read = {owner for owner in self.owners.values() if owner is not None}
        wrong = sum(passage.plate != self.truth[owner].plate.text for passage, owner in shown if owner is not None)
        of_vehicles = sum(per_passing.values())
        return {
            "reads": self.reads,
            "passages": len(shown),
            "true_passings": len(read),
            "passages_per_passing": round(of_vehicles / len(read), 4) if read else None,
            "duplicates": of_vehicles - len(per_passing),
            "merged": len(read) - len(per_passing),
            "missed": len(self.truth) - len(read),
            "of_no_vehicle": len(shown) - of_vehicles,
            "wrong_plate": wrong,
            "doubtful": sum(passage.certainty == "doubtful" for passage, _ in shown),
            "wrong_but_sure": sum(
                passage.certainty == "sure" and passage.plate != self.truth[owner].plate.text
                for passage, owner in shown
                if owner is not None
            ),
            "most_revisions": max(self.revisions.values(), default=0),
        }


def _measure(owned: Iterable[Owned], scenes: list[Scene]) -> dict[str, Any]:
    """One read at a time, as a camera sends them, and the end of the log long after."""
    tally = _Tally({passing.number: passing for scene in scenes for passing in scene.passings})
    stage, decode = Consolidate({CAMERA: None}), decoder(Passage)
    now = START
    for read, owner in owned:
        now = max(now, read.captured_at)
        value = read.model_dump_json(exclude_defaults=True).encode()
        message = Message("reads", 0, tally.reads, round(now.timestamp() * 1000), CAMERA.encode(), value)
        tally.owners[read.read_id] = owner
        tally.reads += 1
        for emit in stage(Batch([message], now)).emitted:
            tally.note(decode(emit.value))
    for emit in stage(Batch([], now + timedelta(minutes=5), [("reads", 0)])).emitted:
        tally.note(decode(emit.value))
    return tally.report()
