"""Traffic of tracks with several reads each, the truth that must come of it, and what the store holds instead."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from threading import Event, Thread
from typing import Any

from clickhouse_connect.driver.client import Client
from confluent_kafka import KafkaError, Producer
from confluent_kafka import Message as RawMessage

from anpr.platform import Platform
from anpr.registering import register
from anpr.wiring import FLOWS, source_topics
from pipeline.identity import fact_id
from pipeline.messages import Batch, Message
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain
from pipeline.runtime.kafka import producer_client
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.match import Match
from replay.bulk import vehicle_plate
from schemas.camera import Camera
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.lez import Vehicle
from schemas.passage import Passage
from schemas.read import Candidate, Read
from sinks.clickhouse.client import connect
from tests.anpr.knowing import metrics_of, wait_until_known
from tests.pipeline.builders import hotlist

CAMERAS = [
    Camera(
        camera_id=f"cam-{number:02d}",
        name=f"Street {number}",
        kind="fixed",
        reads_plates=True,
        lez_zones=("brussels",) if number % 2 else (),
    )
    for number in range(20)
]
LISTED = 40
"""The first so many vehicles are on the hotlist."""
READS_OF_A_TRACK = 3
REFERENCES = {"consolidate": ("cameras",), "match": ("hotlist", "cameras"), "judge": ("cameras", "vehicles")}
WINDOW = 300
"""Tracks under way at once: the reads of one track lie so far apart in the log."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One read as it came to lie in the log."""

    offset: int
    stamp_ms: int
    key: bytes
    value: bytes


@dataclass(slots=True)
class Town:
    """A platform with a client of its store."""

    platform: Platform
    client: Client = field(init=False)
    lez: Client = field(init=False)
    sent: list[Sent] = field(default_factory=list)
    _producer: Producer = field(init=False)

    def __post_init__(self) -> None:
        self.client = connect(self.platform.settings.dsn())
        self.lez = connect(self.platform.settings.lez())
        self._producer = producer_client(self.platform.settings.kafka())

    def close(self) -> None:
        """Let go of the store."""
        self.client.close()
        self.lez.close()

    def register(self) -> None:
        """Cameras, hotlist and vehicles into their topics."""
        vehicles = [Vehicle(plate=_plate(n), country="BE", category="M1", fuel="diesel", euro=3) for n in range(100)]
        register(self.platform.settings.kafka(), [*CAMERAS, *wanted(), *vehicles])
        known = {"cameras": len(CAMERAS), "hotlist": LISTED, "vehicles": len(vehicles)}
        for flow in REFERENCES.keys() & set(self.platform.workers):
            wait_until_known(self.platform, flow, {topic: known[topic] for topic in REFERENCES[flow]})

    def metrics(self, flow: str) -> dict[str, float]:
        """What a worker says of itself: metric with labels → value."""
        return metrics_of(self.platform, flow)

    def send(self, reads: Iterable[tuple[bytes, bytes]], stamps_s: Iterable[float] = ()) -> None:
        """Hand reads to the broker; `flush` waits for them. stamps_s: when each came in, epoch; none: now."""
        for (key, value), stamp_s in zip(reads, chain(stamps_s, repeat(0.0)), strict=False):
            self._producer.produce("reads", value, key, timestamp=int(stamp_s * 1000), on_delivery=self._arrived)
            self._producer.poll(0)

    def send_raw(self, topic: str, key: bytes | None, value: bytes, **more: Any) -> str:
        """One message of any content; returns the broker's objection, or nothing."""
        faults: list[str] = []

        def arrived(error: KafkaError | None, _raw: RawMessage) -> None:
            faults.extend([error.str()] if error else [])

        self._producer.produce(topic, value, key, on_delivery=arrived, **more)
        self.flush()
        return "".join(faults)

    def _arrived(self, error: KafkaError | None, raw: RawMessage) -> None:
        assert error is None, error
        self.sent.append(Sent(raw.offset() or 0, raw.timestamp()[1], raw.key() or b"", raw.value() or b""))

    def flush(self) -> None:
        """Wait until the broker has everything."""
        while self._producer.flush(1.0):
            self.platform.tend()

    def flush_alone(self) -> None:
        """As `flush`, and whoever dies meanwhile stays dead."""
        while self._producer.flush(1.0):
            pass

    def drain(self, timeout_s: float = 60.0) -> list[str]:
        """Wait until every flow has done everything; returns which workers had to be started again."""
        self.flush()
        notes: list[str] = []
        drain = Drain(self.platform.settings.kafka(), SystemClock())
        try:
            drain.wait(self._groups(), timeout_s, lambda _flow, _left: notes.extend(self.platform.tend()))
        finally:
            drain.close()
        return notes

    def left(self, flow: str) -> int:
        """Messages that a flow has not committed."""
        drain = Drain(self.platform.settings.kafka(), SystemClock())
        try:
            return drain.left(flow, source_topics(flow, self.platform.settings))
        finally:
            drain.close()

    def _groups(self) -> Iterator[tuple[str, Sequence[str]]]:
        for flow in FLOWS:
            if flow not in self.platform.workers:
                continue
            topics = source_topics(flow, self.platform.settings)
            yield flow, topics
            if flow == "consolidate":
                yield "consolidate.rewind", topics

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """What the store answers."""
        return [tuple(row) for row in self.client.query(query, parameters=parameters).result_rows]

    def stored_passages(self) -> set[tuple[Any, ...]]:
        """Passages that hold, by id, plate and reads."""
        query = "SELECT passage_id, plate, read_count, certainty FROM passages_unpacked WHERE NOT withdrawn"
        return set(self.rows(query))

    def stored_hits(self) -> set[tuple[Any, ...]]:
        """Hits that hold."""
        return set(self.rows("SELECT passage_id, plate, entry_id FROM hits FINAL WHERE NOT withdrawn"))

    def stored_verdicts(self) -> set[tuple[Any, ...]]:
        """Verdicts that hold."""
        return {tuple(row) for row in self.lez.query("SELECT passage_id, plate, zone FROM verdicts_now").result_rows}

    def doubles(self, table: str, ident: str, client: Client | None = None) -> tuple[int, int]:
        """Rows that are there more than once: under FINAL, and of the same message. client: unset, the police's."""
        asked = client or self.client
        final, distinct = asked.query(
            f"SELECT count(), uniqExact({ident}) FROM (SELECT {ident} FROM {table} FINAL WHERE NOT withdrawn)"
        ).result_rows[0]
        rows, places = asked.query(f"SELECT count(), uniqExact(_log, _partition, _offset) FROM {table}").result_rows[0]
        return final - distinct, rows - places

    def tracks(self) -> int:
        """Vehicles in what was sent."""
        return len({json.loads(one.value)["track_id"] for one in self.sent})

    def truth(self) -> Truth:
        """What the log holds when nothing is interrupted."""
        return truth_of(self.sent)


@dataclass(frozen=True, slots=True)
class Truth:
    """What must be in the store."""

    passages: set[tuple[Any, ...]]
    hits: set[tuple[Any, ...]]
    verdicts: set[tuple[Any, ...]]


def wanted() -> list[HotlistEntry]:
    """An entry for each of the first vehicles."""
    since = datetime.now(UTC) - timedelta(days=1)
    return [
        HotlistEntry(
            entry_id=f"entry-{number}",
            list_kind="stolen_vehicle",
            plate=_plate(number),
            owner="federal",
            priority=10,
            reason="End to end",
            valid_from=since,
        )
        for number in range(LISTED)
    ]


def truth_of(sent: Sequence[Sent]) -> Truth:
    """One uninterrupted run of the stages over the log, with all its tracks closed at the end."""
    log = sorted(sent, key=lambda one: one.offset)
    messages = [Message("reads", 0, one.offset, one.stamp_ms, one.key, one.value) for one in log]
    stage = Consolidate({camera.camera_id: camera for camera in CAMERAS})
    now = datetime.fromtimestamp(log[-1].stamp_ms / 1000, UTC)
    outcomes = [stage(Batch(messages, now)), stage(Batch((), now + timedelta(hours=1), {("reads", 0)}))]
    latest: dict[tuple[Any, str], Passage] = {}
    for emit in (emit for outcome in outcomes for emit in outcome.emitted):
        passage = Passage.model_validate_json(emit.value)
        held = latest.get((passage.passage_id, passage.plate))
        if held is None or held.revision <= passage.revision:
            latest[passage.passage_id, passage.plate] = passage
    holding = [passage for passage in latest.values() if not passage.withdrawn]
    match, hits = Match(hotlist(*wanted()), {}, {}), {}
    told = [emit for outcome in outcomes for emit in outcome.emitted]
    seen = [Message("passages", 0, n, log[-1].stamp_ms, emit.key, emit.value) for n, emit in enumerate(told)]
    for emit in match(Batch(seen, now)).emitted:
        hit = Hit.model_validate_json(emit.value)
        hits[hit.hit_id] = hit
    watched = {camera.camera_id for camera in CAMERAS if camera.lez_zones}
    return Truth(
        {(p.passage_id, p.plate, p.read_count, p.certainty) for p in holding},
        {(hit.passage_id, hit.plate, hit.entry_id) for hit in hits.values() if not hit.withdrawn},
        {(p.passage_id, p.plate, "brussels") for p in holding if p.camera_id in watched},
    )


def traffic(tracks: int, seed: int = 1, more: Callable[[], bool] = lambda: True) -> Iterator[tuple[bytes, bytes]]:
    """Reads of so many vehicles, three each, interleaved. Some first reads are doubtful, some wrong, some doubled.

    No new vehicle comes once `more` says no.
    """
    rng = random.Random(seed)
    turns = sorted((track + turn * WINDOW, track, turn) for track in range(tracks) for turn in range(READS_OF_A_TRACK))
    vehicles = [rng.randrange(LISTED) if rng.random() < 0.05 else rng.randrange(LISTED, 100_000) for _ in range(tracks)]
    come = 0
    for _at, track, turn in turns:
        if turn == 0 and come == track and more():
            come += 1
        if track >= come:
            continue
        wrong = turn == 0 and rng.random() < 0.1
        confidence = rng.choice((0.3, 0.7)) if wrong else rng.uniform(0.6, 0.99)
        message = _read(f"{seed}-{track}", turn, vehicles[track], wrong=wrong, confidence=confidence)
        yield message
        if rng.random() < 0.01:
            yield message


def one_read(plate: str, camera: str = "cam-00", **more: Any) -> tuple[bytes, bytes]:
    """A single good read, with other fields where a test says so."""
    read = _record(plate, camera, str(uuid.uuid4()), 0, 0.95)
    return camera.encode(), read.model_copy(update=more).model_dump_json(exclude_none=True).encode()


def _read(track: str, turn: int, vehicle: int, *, wrong: bool, confidence: float) -> tuple[bytes, bytes]:
    plate = _plate(vehicle)
    shown = plate[:-1] + ("1" if plate[-1] != "1" else "7") if wrong else plate
    camera = CAMERAS[vehicle % len(CAMERAS)].camera_id
    record = _record(shown, camera, track, turn, confidence)
    return camera.encode(), record.model_dump_json(exclude_defaults=True).encode()


def _record(plate: str, camera: str, track: str, turn: int, confidence: float) -> Read:
    now = datetime.now(UTC)
    return Read(
        read_id=fact_id("read", camera, track, turn),
        camera_id=camera,
        captured_at=now,
        received_at=now,
        plate_raw=plate,
        confidence=round(confidence, 3),
        candidates=(Candidate(text=plate, confidence=round(confidence, 3)),),
        track_id=track,
    )


def _plate(vehicle: int) -> str:
    return vehicle_plate(vehicle)[0].decode()


class Feeder(Thread):
    """Sends traffic at a steady pace, whatever happens to the workers meanwhile, until told that it is enough."""

    def __init__(self, town: Town, most_tracks: int, per_s: int) -> None:
        super().__init__(daemon=True)
        self._town, self._most, self._per_s = town, most_tracks, per_s
        self.given = 0
        self.enough = Event()
        """Set: no new vehicle comes; those on their way are read to the end."""

    def run(self) -> None:
        """Send all."""
        started = time.monotonic()
        for read in traffic(self._most, more=lambda: not self.enough.is_set()):
            while self.given >= (time.monotonic() - started) * self._per_s:
                time.sleep(0.001)
            self._town.send([read])
            self.given += 1
