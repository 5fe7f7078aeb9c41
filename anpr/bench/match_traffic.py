"""Passages with known truth for the matching stage: read by an invented reader, consolidated by our own stage."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.identity import fact_id
from pipeline.messages import Batch, Message
from pipeline.stages.consolidate import Consolidate
from replay.bulk import vehicle_plate
from replay.misread import transcribe
from schemas.camera import Camera
from schemas.codec import compiled, decoder, encode
from schemas.hotlist import HotlistEntry, ListKind
from schemas.passage import Passage
from schemas.read import Read

__all__ = ["LIST_MIX", "MOST_VEHICLES", "SOUGHT", "Traffic", "TruePassage", "entries", "patterns", "unlisted_entry"]

MOST_VEHICLES = 5_000_000
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
CAMERAS = {f"cam-{n:03d}": Camera(camera_id=f"cam-{n:03d}", name="", kind="fixed") for n in range(100)}
SEVERAL_SHARE, SEVERAL = 0.4, 3
"""Share of passages of several reads, and of how many: fixed cameras that film; the others take one picture."""
AT_ONCE = 2_000
LIST_MIX: tuple[ListKind, ...] = (
    *("no_inspection",) * 10,
    *("no_insurance",) * 4,
    *("stolen_vehicle",) * 3,
    *("stolen_plate",) * 2,
    "surveillance",
)
"""Kinds by turns. Of entries, not of hits: what becomes of them is told by kind."""
SOUGHT = ("stolen_vehicle", "stolen_plate", "surveillance")
"""Those on which somebody acts at once; the others are of papers that are missing."""
EntryRecord = compiled(HotlistEntry)


@dataclass(frozen=True, slots=True)
class TruePassage:
    """One message of the topic `passages`, and whose it is."""

    message: Message
    passage: Passage
    plate: str
    """What the vehicle carries."""
    kind: str
    """Of the list that it is on; empty: none."""

    @property
    def listed(self) -> bool:
        """It is wanted."""
        return bool(self.kind)


def entries(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of an entry for each of the first vehicles, of kinds as nationwide lists have them."""
    for number in range(count):
        yield _entry(f"v{number}", vehicle_plate(number)[0].decode(), number)


def patterns(count: int, seed: int) -> Iterator[tuple[bytes, bytes]]:
    """Entries with one or two unknown characters, or a begin or end that is missing."""
    rng = random.Random(f"{seed} patterns")
    for number in range(count):
        plate = vehicle_plate(rng.randrange(MOST_VEHICLES))[0].decode()
        at = rng.randrange(len(plate))
        one = plate[:at] + "?" + plate[at + 1 :]
        yield _entry(f"p{number}", rng.choice([one, one, f"*{plate[1:]}", f"{plate[:-1]}*"]), number)


def unlisted_entry(number: int) -> tuple[bytes, bytes, str]:
    """Key, value and plate of an entry for a vehicle that is not among `entries`, if these are fewer than all."""
    plate = vehicle_plate(MOST_VEHICLES - 1 - number)[0].decode()
    return *_entry(f"new{number}", plate, number), plate


def _entry(name: str, plate: str, number: int) -> tuple[bytes, bytes]:
    kind = LIST_MIX[number % len(LIST_MIX)]
    entry = EntryRecord(
        entry_id=name,
        list_kind=kind,
        plate=plate,
        owner="federal",
        priority=20,
        reason="Invented for a measurement of the matching stage",
        valid_from=START - timedelta(days=30),
    )
    return name.encode(), encode(entry)


@dataclass(slots=True)
class Traffic:
    """Vehicles below `listed` are on the list, the others are not."""

    listed: int
    misread_rate: float = 0.03
    """Share of reads that are wrong."""
    seed: int = 1

    def batches(self, count: int, listed_share: float) -> Iterator[Sequence[TruePassage]]:
        """So many passages, two thousand at a time, each with all its revisions in the order of the log."""
        rng = random.Random(f"{self.seed} {count} {listed_share}")
        stage, decode = Consolidate(CAMERAS), decoder(Passage)
        truth: dict[str, tuple[str, str]] = {}
        offset = 0
        for begin in range(0, count, AT_ONCE):
            numbers = range(begin, min(begin + AT_ONCE, count))
            reads = [read for n in numbers for read in self._reads(n, listed_share, rng, truth)]
            messages = [
                _message(read.camera_id, read, read.model_dump_json().encode(), n) for n, read in enumerate(reads)
            ]
            batch = []
            for emit in stage(Batch(messages, START + timedelta(days=1), {("simulated", 0)})).emitted:
                passage = decode(emit.value)
                message = _message(passage.plate, passage, emit.value, offset)
                batch.append(TruePassage(message, passage, *truth[passage.reader]))
                offset += 1
            truth.clear()
            yield batch

    def _reads(
        self, number: int, listed_share: float, rng: random.Random, truth: dict[str, tuple[str, str]]
    ) -> Iterator[Read]:
        listed = rng.random() < listed_share
        vehicle = rng.randrange(self.listed) if listed else rng.randrange(self.listed, MOST_VEHICLES)
        plate = vehicle_plate(vehicle)[0].decode()
        camera = f"cam-{number % len(CAMERAS):03d}"
        name = f"sim/{number}"
        truth[name] = plate, LIST_MIX[vehicle % len(LIST_MIX)] if listed else ""
        for shot in range(SEVERAL if rng.random() < SEVERAL_SHARE else 1):
            seen = transcribe(plate, self.misread_rate, rng)
            at = START + timedelta(seconds=number // len(CAMERAS) * 10, milliseconds=200 * shot)
            yield Read(
                read_id=fact_id("bench-read", self.seed, number, shot),
                camera_id=camera,
                captured_at=at,
                received_at=at,
                plate_raw=seen.text,
                confidence=seen.confidence,
                candidates=seen.candidates,
                track_id=str(number),
                evidence=f"{camera}/{number}.jpg",
                reader=name,
            )


def _message(key: str, record: Read | Passage, value: bytes, offset: int) -> Message:
    return Message("simulated", 0, offset, int(record.captured_at.timestamp() * 1000), key.encode(), value)
