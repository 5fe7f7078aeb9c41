"""Traffic of a country's rush hours with truth, for `bench/clones.py`: who passed where, and what was read of it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zlib import crc32

import numpy as np
from msgspec.structs import replace

from pipeline.geo import Point, distance_m
from pipeline.messages import Batch, Message
from pipeline.stages.consolidate import Consolidate
from pipeline.travel import IMPOSSIBLE_KMH, least_kmh
from replay.city import City, build_city
from replay.country import belgium
from replay.history.plan import HistoryPlan
from replay.history.trips import Chains, drive_day
from replay.misread import transcribe
from schemas.base import GeoPoint
from schemas.camera import Camera
from schemas.codec import compiled, decoder, encode
from schemas.passage import Passage
from schemas.read import Read

NAMES = ("brussels", "antwerp", "ghent", "liege", "charleroi", "bruges", "namur", "mons", "hasselt")
TOWNS = {
    town.name: belgium().roads.crossings[town.crossings[0]].position for town in belgium().towns if town.name in NAMES
}
CAMERAS = 450
DAY = datetime(2026, 3, 3, tzinfo=UTC)
FROM_MS, UNTIL_MS = 15 * 3_600_000, 17 * 3_600_000 + 1_800_000
SEVERAL_SHARE, SEVERAL = 0.4, 3
"""As in `anpr bench match`: passages of several reads, and of how many."""
POOL = 20_000
PARTITIONS = 24
BEHIND = timedelta(minutes=10)
FIXED_EVERY, CAR_EVERY, WRONG_CAR_EVERY = 200, 50, 5
"""One camera in so many is a patrol car's, which stands; of the fixed ones and of these, one in so many is behind."""
CameraRecord, PointRecord = compiled(Camera), compiled(GeoPoint)


@dataclass(frozen=True, slots=True)
class Driven:
    """Passages in order of time, by columns, and whose plate each vehicle wears."""

    vehicle: np.ndarray[Any, np.dtype[np.int64]]
    camera: np.ndarray[Any, np.dtype[np.int64]]
    at_ms: np.ndarray[Any, np.dtype[np.int64]]
    wears: Mapping[int, int]
    """Vehicle → the vehicle whose plate it wears, where that is another's."""
    teleports: int
    """Left out: the invented driver was at two places at once."""


def towns(seed: int) -> dict[str, City]:
    """One city under each name."""
    return {name: build_city(seed + n, CAMERAS, patrol_cars=0) for n, name in enumerate(TOWNS)}


def behind(cameras: Sequence[Camera]) -> set[str]:
    """Cameras whose clock is wrong."""
    fixed = [one.camera_id for one in cameras if one.kind == "fixed"]
    cars = [one.camera_id for one in cameras if one.kind == "patrol_car"]
    return {*fixed[::FIXED_EVERY], *cars[::WRONG_CAR_EVERY]}


def cameras_of(cities: Mapping[str, City]) -> list[Camera]:
    """Of all towns, each moved to its place."""
    centre = TOWNS["brussels"]
    found: list[Camera] = []
    for name, city in cities.items():
        north, east = TOWNS[name].lat - centre.lat, TOWNS[name].lon - centre.lon
        for site in city.sites:
            place = site.camera.position
            assert place is not None
            found.append(
                CameraRecord(
                    camera_id=f"{name}-{site.camera.camera_id}",
                    name="",
                    kind="patrol_car" if len(found) % CAR_EVERY == 0 else "fixed",
                    position=PointRecord(lat=place.lat + north, lon=place.lon + east),
                )
            )
    return found


def drive(cities: Mapping[str, City], cameras: Sequence[Camera], passages: int, clones: int, seed: int) -> Driven:
    """The rush hours of all towns, without what no car can do, and clones in it."""
    parts = []
    for n, city in enumerate(cities.values()):
        plan = HistoryPlan(passages // len(TOWNS), DAY + timedelta(days=1), seed + n, CAMERAS)
        for block in drive_day(plan, Chains.of(city, seed + n), 0, 50_000):
            rows = np.flatnonzero((block.at_ms >= FROM_MS) & (block.at_ms < UNTIL_MS))
            vehicle = block.vehicle[rows] * len(TOWNS) + n
            parts.append((vehicle, block.camera[rows].astype(np.int64) + n * CAMERAS, block.at_ms[rows]))
    vehicle, camera, at_ms = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    kept = _possible(vehicle, camera, at_ms, cameras)
    order = kept[np.argsort(at_ms[kept], kind="stable")]
    rng = random.Random(seed)
    out = np.unique(vehicle[order]).tolist()
    chosen = rng.sample(out, 2 * clones)
    wears = dict(zip(chosen[:clones], chosen[clones:], strict=True))
    return Driven(vehicle[order], camera[order], at_ms[order], wears, len(vehicle) - len(order))


def _possible(vehicle: Any, camera: Any, at_ms: Any, cameras: Sequence[Camera]) -> Any:
    """Rows without those that are too far from the one before of the same vehicle."""
    lat = np.array([c.position.lat for c in cameras if c.position])
    lon = np.array([c.position.lon for c in cameras if c.position])
    rows = np.lexsort((at_ms, vehicle))
    while True:
        a, b = rows[:-1], rows[1:]
        north = (lat[camera[b]] - lat[camera[a]]) * 111_195
        east = (lon[camera[b]] - lon[camera[a]]) * 111_195 * np.cos(np.radians(50.8))
        kmh = np.maximum(np.hypot(north, east) - 250, 0) / ((at_ms[b] - at_ms[a]) / 1000 + 4) * 3.6
        bad = (vehicle[a] == vehicle[b]) & (kmh > IMPOSSIBLE_KMH * 0.95)
        if not bad.any():
            return rows
        rows = np.delete(rows, np.flatnonzero(bad) + 1)


def detectable(driven: Driven, cameras: Sequence[Camera]) -> dict[int, int]:
    """Vehicles whose plate was truly at two places at once → passages of the car that was seen less."""
    cars = set(driven.wears) | set(driven.wears.values())
    seen: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in np.flatnonzero(np.isin(driven.vehicle, list(cars))).tolist():
        seen[int(driven.vehicle[row])].append((int(driven.at_ms[row]), int(driven.camera[row])))
    found = {}
    for twin, owner in driven.wears.items():
        way = sorted(seen[twin] + seen[owner])
        if any(_impossible(a, b, cameras) for a, b in pairwise(way)):
            found[owner] = min(len(seen[twin]), len(seen[owner]))
    return found


def _impossible(a: tuple[int, int], b: tuple[int, int], cameras: Sequence[Camera]) -> bool:
    here, there = cameras[a[1]].position, cameras[b[1]].position
    assert here is not None
    assert there is not None
    far = distance_m(Point(here.lat, here.lon), Point(there.lat, there.lon))
    return a[1] != b[1] and least_kmh(far, (b[0] - a[0]) / 1000) > IMPOSSIBLE_KMH


@dataclass(slots=True)
class Reader:
    """Makes messages of the topic `passages` from what passed."""

    cameras: Sequence[Camera]
    rate: float
    behind: set[str]
    rng: random.Random
    pools: dict[int, list[Passage]] = field(default_factory=dict)
    misread: int = 0
    texts: list[str] = field(default_factory=list)
    """Plates told first where a read was wrong, that are not the vehicle's."""
    _stage: Consolidate = field(init=False)
    _decode: Any = field(init=False)
    _offsets: list[int] = field(default_factory=lambda: [0] * PARTITIONS)

    def __post_init__(self) -> None:
        self._stage = Consolidate({one.camera_id: one for one in self.cameras})
        self._decode = decoder(Passage)
        for shots in (1, SEVERAL):
            rows = [("1ABC234", n % len(self.cameras), n * 1_000, [False] * shots) for n in range(POOL)]
            self.pools[shots] = self._consolidated(rows)
        self._stage = Consolidate({one.camera_id: one for one in self.cameras})

    def messages(self, rows: Sequence[tuple[str, int, int]]) -> list[Message]:
        """Of passages (plate, camera, time) in the order in which they are told."""
        told: list[Passage] = []
        hard = []
        for plate, camera, at_ms in rows:
            shots = SEVERAL if self.rng.random() < SEVERAL_SHARE else 1
            wrong = [self.rng.random() < self.rate for _ in range(shots)]
            if any(wrong):
                hard.append((plate, camera, at_ms, wrong))
            else:
                told += self._drawn(plate, camera, at_ms, shots)
        consolidated = self._consolidated(hard)
        self.misread += len(hard)
        worn = {plate for plate, *_ in hard}
        self.texts += [one.plate for one in consolidated if one.plate not in worn and not one.withdrawn]
        told += consolidated
        told.sort(key=lambda one: one.received_at)
        return [self._message(one) for one in told]

    def _drawn(self, plate: str, camera: int, at_ms: int, shots: int) -> Iterator[Passage]:
        drawn: Any = self.rng.choice(self.pools[shots])
        moment = DAY + timedelta(milliseconds=at_ms)
        shown = drawn.last_captured_at - drawn.captured_at
        yield replace(
            drawn,
            passage_id=UUID(int=self.rng.getrandbits(128), version=4),
            camera_id=self.cameras[camera].camera_id,
            **dict.fromkeys(("plate", "plate_raw", "plate_key", "plate_display"), plate),
            captured_at=moment,
            last_captured_at=moment + shown,
            received_at=moment + shown + timedelta(milliseconds=self.rng.randrange(40, 1200)),
        )

    def _consolidated(self, rows: Sequence[tuple[str, int, int, Sequence[bool]]]) -> list[Passage]:
        """Through the stage, one track each."""
        reads = [message for row in rows for message in self._reads(*row)]
        reads.sort(key=lambda message: message.timestamp_ms)
        log = [message._replace(offset=n) for n, message in enumerate(reads)]
        outcome = self._stage(Batch(log, DAY + timedelta(days=2), {("reads", 0)}))
        assert not outcome.rejected
        return [self._decode(emit.value) for emit in outcome.emitted]

    def _reads(self, plate: str, camera: int, at_ms: int, wrong: Sequence[bool]) -> Iterator[Message]:
        track, name = str(self.rng.getrandbits(64)), self.cameras[camera].camera_id
        for shot, misread in enumerate(wrong):
            seen = transcribe(plate, float(misread), self.rng)
            at = DAY + timedelta(milliseconds=at_ms + 200 * shot)
            read = Read(
                read_id=UUID(int=self.rng.getrandbits(128), version=4), camera_id=name, captured_at=at,
                received_at=at + timedelta(milliseconds=self.rng.randrange(40, 1200)), plate_raw=seen.text,
                confidence=seen.confidence, candidates=seen.candidates, track_id=track, evidence=f"{name}/{track}.jpg",
            )  # fmt: skip
            yield Message("reads", 0, 0, round(at.timestamp() * 1000), name.encode(), read.model_dump_json().encode())

    def _message(self, one: Passage) -> Message:
        told: Any = one
        if one.camera_id in self.behind:
            told = replace(told, captured_at=one.captured_at - BEHIND, last_captured_at=one.last_captured_at - BEHIND)
        key = one.plate.encode()
        partition = crc32(key) % PARTITIONS
        self._offsets[partition] += 1
        stamp = round(one.received_at.timestamp() * 1000)
        return Message("passages", partition, self._offsets[partition], stamp, key, encode(told))
