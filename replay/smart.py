"""Cameras that read plates themselves: tracks of one or more reads, misreads, missed vehicles, duplicates."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import count

from replay.desk import Desk
from replay.fleet import Car
from replay.misread import Transcription, transcribe
from replay.plates import Plate
from replay.seeds import fact_id, stream
from replay.truth import TruePassage
from schemas.base import GeoPoint
from schemas.camera import Camera
from schemas.read import Box, Direction, Read

__all__ = ["MAX_READS", "Look", "SmartCamera"]

MAX_READS = 4
READ_GAP_S = 0.12
"""Time between two reads of one track: about three pictures."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a vehicle stands before the camera."""

    direction: Direction | None = None
    lane: int | None = None
    position: GeoPoint | None = None
    """Of a moving camera."""
    received_s: float | None = None
    """When the camera hands its reads over; None: at once."""
    certain: bool = False
    """True: read, and read rightly, whatever the rates say."""


@dataclass(frozen=True, slots=True)
class _Nth:
    """Which read of which track it is, and when it is made."""

    track: str
    number: int
    captured_s: float


class SmartCamera:
    """One camera with its own stream of chance and its own numbering of tracks."""

    def __init__(self, camera: Camera, desk: Desk) -> None:
        self._camera = camera
        self._desk = desk
        self._rng = stream(desk.seed, "smart", camera.camera_id)
        self._tracks = count(1)

    def see(self, car: Car, at_s: float, look: Look) -> None:
        """A vehicle passes: deliver its reads, or note that it was missed."""
        conditions, rng = self._desk.conditions, self._rng
        if not look.certain and rng.random() < conditions.missed_rate:
            self.miss(car, at_s)
            return
        track = f"{self._camera.camera_id}-{next(self._tracks)}"
        rate = 0.0 if look.certain else conditions.misread_rate
        texts = [transcribe(car.plate.text, rate, rng) for _ in range(self._reads_in_track())]
        reads = [self._read(car, _Nth(track, n, at_s + n * READ_GAP_S), t, look) for n, t in enumerate(texts)]
        truth = self._truth(car, at_s, seen=True, late=look.received_s is not None, reads=reads)
        self._deliver(reads, truth)

    def miss(self, car: Car, at_s: float) -> None:
        """A vehicle passes whose plate is not read."""
        self._desk.unseen(at_s, self._truth(car, at_s, seen=False))

    def _reads_in_track(self) -> int:
        reads = 1
        while reads < MAX_READS and self._rng.random() < self._desk.conditions.repeat_rate:
            reads += 1
        return reads

    def _deliver(self, reads: list[Read], truth: TruePassage) -> None:
        for n, read in enumerate(reads):
            received_s = (read.received_at - self._desk.start).total_seconds()
            self._desk.deliver(received_s, read, *([truth] if n == 0 else []))
            if self._rng.random() < self._desk.conditions.duplicate_rate:
                self._desk.deliver(received_s + self._rng.uniform(0.01, 0.5), read)

    def _read(self, car: Car, nth: _Nth, text: Transcription, look: Look) -> Read:
        received_s = nth.captured_s + self._rng.uniform(0.03, 0.11)  # < gap: in order
        captured_at = self._desk.moment(nth.captured_s)
        return Read(
            read_id=fact_id("read", self._camera.camera_id, captured_at.isoformat(), nth.track, nth.number),
            camera_id=self._camera.camera_id,
            captured_at=captured_at,
            received_at=self._desk.moment(received_s if look.received_s is None else look.received_s),
            plate_raw=_raw(text.text, car.plate, self._camera.camera_id),
            confidence=text.confidence,
            candidates=text.candidates,
            country="BE" if car.plate.country == "BE" else self._country(car),
            box=_box(nth.number, self._rng),
            track_id=nth.track,
            vehicle_class=car.vehicle_class,
            direction=look.direction,
            lane=look.lane,
            position=look.position,
            reader="sim-smart/1",
        )

    def _country(self, car: Car) -> str | None:
        """A foreign band is told in most cases only."""
        return car.plate.country if self._rng.random() < 0.8 else None

    def _truth(
        self, car: Car, at_s: float, *, seen: bool, late: bool = False, reads: list[Read] | None = None
    ) -> TruePassage:
        best = max(reads, key=lambda r: r.confidence) if reads else None
        return TruePassage(
            plate=car.plate.text,
            country=car.plate.country,
            camera_id=self._camera.camera_id,
            captured_at=self._desk.moment(at_s),
            via="read",
            seen=seen,
            read_as=best.candidates[0].text if best else None,
            reads=tuple(r.candidates[0].text for r in reads or ()),
            listed=car.wanted,
            late=late,
            received_at=reads[0].received_at if reads else None,
        )


def _raw(text: str, plate: Plate, camera_id: str) -> str:
    """Makes differ: every third camera writes the separators as they are on the plate, if it read it well."""
    writes_separators = sum(camera_id.encode()) % 3 == 0
    return plate.display if writes_separators and text == plate.text else text


def _box(number: int, rng: random.Random) -> Box:
    """A plate at a usual place in a 1920 × 1080 picture, growing from look to look."""
    width = rng.randrange(110, 170) + 15 * number
    return Box(x=rng.randrange(300, 1500), y=500 + 40 * number, w=width, h=max(width * 110 // 520, 1))
