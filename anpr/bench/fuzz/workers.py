"""Damaged messages through real workers on the embedded broker and store, with good ones in between."""

from __future__ import annotations

import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Message as RawMessage

from anpr.bench.fuzz.mutate import Mutator
from anpr.bench.fuzz.run import all_consumers
from anpr.bench.fuzz.stages import cameras
from anpr.platform import Platform, open_platform
from anpr.registering import register
from anpr.settings import resolve
from anpr.wiring import FLOWS, drain_order, source_topics
from console.dead_letters.box import Choice, LetterBox
from console.dead_letters.reading import Reading
from pipeline.messages import Message
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain
from pipeline.runtime.kafka import producer_client
from schemas.camera import Camera
from schemas.codec import encode
from schemas.read import Read
from sinks.clickhouse.client import connect

__all__ = ["fuzz_workers"]

GOOD_CAMERA = "fuzz-good-1"
GOOD_EVERY = 50
REFERENCES = frozenset({"cameras", "patrols", "vehicles", "lez-passes", "lez-permits", "hotlist"})
OF_THE_MESSAGE = frozenset(
    {"not_json", "wrong_schema", "unknown_version", "empty", "key_missing", "key_mismatch", "header_missing"}
)
"""Reasons that hang on nothing else: the same in this process. Others hang on cameras, clocks and what came before."""
LOOKED_UP = frozenset({"cameras", "hotlist", "vehicles"})
"""By `consolidate`, `match`, `judge`, which always run."""
PARTLY = frozenset({"passages"})
"""Topics of which stages decode what they need, and that hangs on cameras and lists: then any letter will do."""
DRAIN_S = 300.0
Say = Callable[[str], None]
Place = tuple[str, int, int]


@dataclass(slots=True)
class _Sent:
    """What lies in the log."""

    messages: list[Message] = field(default_factory=list)
    plates: list[str] = field(default_factory=list)
    """Of the good reads."""
    refused: Counter[str] = field(default_factory=Counter)
    """By the broker, at the door: topic → messages."""


def fuzz_workers(
    topics: Iterable[str], count: int, seed: int, say: Say = lambda _: None, flows: Sequence[str] = tuple(FLOWS)
) -> dict[str, Any]:
    """So many messages over these topics, as far as a worker takes them; what did not hold is under `faults`."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="anpr-fuzz-") as folder:
        settings = resolve({}, data_dir=Path(folder) / "data", store_reads="all")
        with open_platform(settings, broker="embedded", say=say) as platform:
            _register(platform)
            platform.start_workers(flows, 180.0)
            say(f"{len(flows)} workers run")
            sent = _send(platform, sorted(_taken(topics, platform, flows)), count, seed)
            say(f"{len(sent.messages):,} messages lie in their topics")
            faults = [f"a worker ended: {note}" for note in _drained(platform, flows)]
            letters = _letters(platform)
            faults += _missing(sent, letters, flows) + _lost(platform, sent) + _tracebacks(platform, flows)
    return {
        "messages": len(sent.messages),
        "good": len(sent.plates),
        "refused_at_the_door": dict(sent.refused),
        "letters": sum(len(told) for told in letters.values()),
        "reasons": dict(Counter(reason for told in letters.values() for _, reason in told).most_common()),
        "seconds": round(time.monotonic() - started, 1),
        "faults": faults[:50],
    }


def _register(platform: Platform) -> None:
    good = Camera(camera_id=GOOD_CAMERA, name="Good", kind="fixed", reads_plates=True)
    known = [Camera.model_validate_json(encode(camera)) for camera in cameras().values()]
    register(platform.settings.kafka(), [good, *known])


def _taken(topics: Iterable[str], platform: Platform, flows: Sequence[str]) -> set[str]:
    taken = {topic for flow in flows for topic in source_topics(flow, platform.settings)} | REFERENCES
    return set(topics) & taken


def _send(platform: Platform, topics: Sequence[str], count: int, seed: int) -> _Sent:
    """Topic after topic in turn, a good read now and then."""
    sent, producer = _Sent(), producer_client(platform.settings.kafka())
    each = -(-count // len(topics))
    for number, odd in enumerate(zip(*(Mutator(topic, seed).messages(each) for topic in topics), strict=True)):
        if number % max(1, GOOD_EVERY // len(topics)) == 0:
            _produce(producer, _good(number, sent), sent)
        for message in odd:
            _produce(producer, message, sent)
        producer.poll(0)
    while producer.flush(1.0):
        platform.tend()
    return sent


def _good(number: int, sent: _Sent) -> Message:
    now, plate = datetime.now(UTC), f"1F{number:05d}"
    read = Read(
        read_id=uuid4(),
        camera_id=GOOD_CAMERA,
        captured_at=now,
        received_at=now,
        plate_raw=plate,
        confidence=0.99,
        track_id=plate,  # or all of them would be misreads of one vehicle
    )
    sent.plates.append(plate)
    return Message("reads", 0, 0, 0, GOOD_CAMERA.encode(), read.model_dump_json(exclude_defaults=True).encode())


def _produce(producer: Any, message: Message, sent: _Sent) -> None:
    def arrived(error: KafkaError | None, raw: RawMessage) -> None:
        if error is not None:
            sent.refused[message.topic] += 1
            return
        place = (raw.partition() or 0, raw.offset() or 0, raw.timestamp()[1])
        sent.messages.append(message._replace(partition=place[0], offset=place[1], timestamp_ms=place[2]))

    headers = [(name, value) for name, value in message.headers if name]
    try:
        producer.produce(message.topic, message.value, message.key, headers=headers, on_delivery=arrived)
    except KafkaException:  # larger than any client sends
        sent.refused[message.topic] += 1


def _drained(platform: Platform, flows: Sequence[str]) -> list[str]:
    """Wait until all is worked off; which workers had to be started again."""
    notes: list[str] = []
    drain = Drain(platform.settings.kafka(), SystemClock())
    try:
        drain.wait(drain_order(flows, platform.settings), DRAIN_S, lambda _flow, _left: notes.extend(platform.tend()))
    finally:
        drain.close()
    return notes


def _letters(platform: Platform) -> Mapping[Place, set[tuple[str, str]]]:
    """Where a message lay → which stage refused it, and why."""
    found: defaultdict[Place, set[tuple[str, str]]] = defaultdict(set)
    with closing(Reading(platform.settings.kafka())) as reading:
        for letter in LetterBox(reading).letters(Choice()):
            about = letter.about
            found[about.source_topic, about.source_partition, about.source_offset].add((about.stage, about.reason))
    return found


def _missing(sent: _Sent, letters: Mapping[Place, set[tuple[str, str]]], flows: Sequence[str]) -> list[str]:
    """What stages refuse in this process and no worker has buried."""
    missing = []
    for place, reason in _expected(sent.messages, flows):
        told = {why for _, why in letters.get(place, ())}
        if reason in OF_THE_MESSAGE and reason not in told and not (told and place[0] in PARTLY):
            missing.append(f"{place} is {reason} and has no such letter: {sorted(told)}")
    return missing


def _expected(messages: Sequence[Message], flows: Sequence[str]) -> Iterator[tuple[Place, str]]:
    for consumer in all_consumers():
        looked_up = consumer.name.endswith("looked up") and consumer.topics[0] in LOOKED_UP
        if consumer.name not in flows and not looked_up:
            continue
        ours = [message for message in messages if message.topic in consumer.topics]
        for refused in consumer.take(sorted(ours, key=lambda one: one.offset)).rejected if ours else ():
            yield (refused.message.topic, refused.message.partition, refused.message.offset), refused.reason


def _lost(platform: Platform, sent: _Sent) -> list[str]:
    """Good reads that are no passages."""
    client = connect(platform.settings.dsn())
    found = {row[0] for row in client.query("SELECT DISTINCT plate FROM passages").result_rows}
    client.close()
    return [f"a good read of {plate} is lost" for plate in sent.plates if plate not in found]


def _tracebacks(platform: Platform, flows: Sequence[str]) -> list[str]:
    logs = ((flow, platform.settings.data_dir / "logs" / f"{flow}.log") for flow in flows)
    return [f"the log of {flow} has a traceback" for flow, path in logs if "Traceback" in path.read_text("utf-8")]
