"""Reads on a schedule, and for each one where the broker said that it lies."""

from __future__ import annotations

import hashlib
import random
import time
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from threading import Event, Thread

from confluent_kafka import KafkaError
from confluent_kafka import Message as RawMessage

from pipeline.identity import fact_id
from pipeline.runtime.kafka import KafkaConfig, producer_client
from replay.bulk import vehicle_plate
from schemas.base import Contract
from schemas.camera import Camera
from schemas.codec import compiled, encode
from schemas.hotlist import HotlistEntry
from schemas.lez import Vehicle
from schemas.read import Candidate, Read

__all__ = ["Acknowledged", "Traffic", "cameras", "digest", "references"]

CAMERAS, LISTED, OFFENDERS, FLEET = 60, 200, 300, 1_000_000
LISTED_SHARE, OFFENDER_SHARE, MISREAD_SHARE, TWICE_SHARE = 0.002, 0.004, 0.1, 0.01
ZONE_ONE_IN = 8
"""Cameras, of which one is in a low-emission zone: of some 5,000 in the country 450 are in Brussels, others in Antwerp
and Ghent."""
TURNS, APART = 3, 300
"""Reads of a vehicle, and vehicles between two of them."""
BELGIAN_OF_HUNDRED = 92
"""Of a hundred numbers of `vehicle_plate`, the first ones."""
LINGER_MS, TICK_S = 50, 0.02
"""Reads of so long go to the brokers together, as a site with many cameras sends them: the machine's two cores are
for those who are struck."""
TOPIC = "reads"
ReadRecord, CandidateRecord = compiled(Read), compiled(Candidate)


def digest(value: bytes) -> int:
    """Of a message: eight bytes, as a number."""
    return int.from_bytes(hashlib.blake2b(value, digest_size=8).digest(), "little")


def cameras() -> list[Camera]:
    """One in `ZONE_ONE_IN` watches a low-emission zone."""
    return [
        Camera(
            camera_id=f"chaos-{number:02d}",
            name=f"Street {number}",
            kind="fixed",
            reads_plates=True,
            lez_zones=("brussels",) if number % ZONE_ONE_IN == 0 else (),
        )
        for number in range(CAMERAS)
    ]


def references(now: datetime) -> list[Contract]:
    """Cameras, an entry for each listed vehicle, and the vehicles that may not enter."""
    entries = [
        HotlistEntry(
            entry_id=f"chaos-{number:03d}",
            list_kind="stolen_vehicle",
            plate=_plate(number),
            owner="federal",
            priority=10,
            reason="Chaos",
            valid_from=now - timedelta(days=1),
        )
        for number in range(LISTED)
    ]
    barred = [
        Vehicle(plate=_plate(number), country="BE", category="M1", fuel="diesel", euro=3)
        for number in range(LISTED, LISTED + OFFENDERS)
    ]
    return [*cameras(), *entries, *barred]


class Acknowledged:
    """What the broker has taken: of each read its place and its digest. One thread writes."""

    def __init__(self) -> None:
        self.partitions, self.offsets, self.digests = array("B"), array("q"), array("Q")
        self.refused: list[str] = []

    def __len__(self) -> int:
        return len(self.offsets)

    def note(self, error: KafkaError | None, raw: RawMessage) -> None:
        """The broker's word on one read."""
        if error is not None:
            self.refused.append(error.str())
            return
        self.partitions.append(raw.partition() or 0)
        self.offsets.append(raw.offset() or 0)
        self.digests.append(digest(raw.value() or b""))


class Traffic(Thread):
    """Sends reads when they are due, whatever happens to the platform, until told that it is enough.

    A broker that is down makes it late, not silent: what was due is sent once it can be.
    """

    def __init__(self, kafka: KafkaConfig, seed: int, rate_per_s: float) -> None:
        super().__init__(name="traffic", daemon=True)
        self._producer = producer_client(kafka, linger_ms=LINGER_MS)
        self._seed, self._rate_per_s = seed, rate_per_s
        self._enough = Event()
        self.acknowledged = Acknowledged()
        self.sent = self.tracks = 0

    def run(self) -> None:
        """Send until `finish`; vehicles on their way are read to the end."""
        began = time.time()
        for due, camera, value in self._reads(began):
            while due > time.time():
                time.sleep(TICK_S)
                self._producer.poll(0)
            self._send(camera, value)
        while self._producer.flush(1.0):
            pass

    def finish(self) -> None:
        """No new vehicle comes; returns when the broker has all."""
        self._enough.set()
        self.join()

    def _send(self, camera: bytes, value: bytes) -> None:
        while True:
            try:
                self._producer.produce(TOPIC, value, camera, on_delivery=self.acknowledged.note)
                break
            except BufferError:  # the brokers take nothing: what was due waits here
                self._producer.poll(0.1)
        self.sent += 1

    def _reads(self, began: float) -> Iterator[tuple[float, bytes, bytes]]:
        """When it is due, its camera, its bytes. A vehicle's reads lie `APART` vehicles from one another."""
        rng = random.Random(self._seed)
        names = [camera.camera_id for camera in cameras()]
        on_the_way: list[int] = []
        number = turn_of = 0
        while True:
            if not self._enough.is_set():
                on_the_way.append(_vehicle(rng))
                self.tracks += 1
            elif turn_of - (TURNS - 1) * APART >= len(on_the_way):
                return
            for turn in range(TURNS):
                track = turn_of - turn * APART
                if not 0 <= track < len(on_the_way):
                    continue
                due = began + number / self._rate_per_s
                number += 1
                camera = names[on_the_way[track] % CAMERAS]
                value = _read(rng, f"{self._seed}-{track}", turn, on_the_way[track], camera, due)
                yield due, camera.encode(), value
                if rng.random() < TWICE_SHARE:
                    yield due, camera.encode(), value
            turn_of += 1


def _vehicle(rng: random.Random) -> int:
    chance = rng.random()
    if chance < LISTED_SHARE:
        return rng.randrange(LISTED)
    if chance < LISTED_SHARE + OFFENDER_SHARE:
        return rng.randrange(LISTED, LISTED + OFFENDERS)
    return rng.randrange(LISTED + OFFENDERS, FLEET)


def _read(rng: random.Random, track: str, turn: int, vehicle: int, camera: str, due: float) -> bytes:
    """Some first reads are wrong, some of them doubtful: told late, or told and taken back."""
    wrong = turn == 0 and rng.random() < MISREAD_SHARE
    confidence = rng.choice((0.3, 0.7)) if wrong else round(rng.uniform(0.6, 0.99), 3)
    plate = _plate(vehicle)
    shown = plate[:-1] + ("1" if plate[-1] != "1" else "7") if wrong else plate
    at = datetime.fromtimestamp(due, UTC)
    return encode(
        ReadRecord(
            read_id=fact_id("read", camera, track, turn),
            camera_id=camera,
            captured_at=at,
            received_at=at,
            plate_raw=shown,
            confidence=confidence,
            candidates=(CandidateRecord(text=shown, confidence=confidence),),
            track_id=track,
        )
    )


@lru_cache(maxsize=4 * APART)
def _plate(vehicle: int) -> str:
    """Belgian ones alone: each foreign vehicle would be an offence of its own in the zone."""
    hundreds, kind = divmod(vehicle, BELGIAN_OF_HUNDRED)
    return vehicle_plate(100 * hundreds + kind)[0].decode()
