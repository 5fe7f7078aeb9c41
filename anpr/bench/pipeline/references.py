"""What the workers know before the first read: cameras, a list of millions, a register, put into their topics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from anpr.bench.pipeline.plan import PipelineBench, Say
from anpr.registering import register
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from replay.bulk import ReadFactory, vehicle_plate
from replay.register import register as register_messages
from schemas.camera import Camera
from schemas.codec import compiled, encode
from schemas.hotlist import HotlistEntry

__all__ = ["LINGER_MS", "fill_references", "listed", "registered"]

LINGER_MS = 20
TOLD_EVERY = 500_000
PLATE, NAME = b"0PLATE0", b"0NAME0"
EntryRecord = compiled(HotlistEntry)


def fill_references(kafka: KafkaConfig, bench: PipelineBench, cameras: Sequence[str], say: Say) -> dict[str, int]:
    """All of them, acknowledged. Workers that start afterwards read no read before they hold them.

    Returns how many messages went into each of the long topics.
    """
    watching, now = round(bench.lez_share * len(cameras)), datetime.now(UTC)
    records = [
        Camera(camera_id=name, name=name, kind="fixed", lez_zones=("brussels",) if number < watching else ())
        for number, name in enumerate(cameras)
    ]
    factory = ReadFactory(cameras, bench.fleet, bench.listed_share, bench.seed)
    register(kafka, [*records, *factory.hotlist(now)])
    vehicles = bench.fleet if bench.vehicles is None else bench.vehicles
    return {
        "hotlist": _publish(kafka, "hotlist", listed(bench.fleet, bench.entries, now), say),
        "vehicles": _publish(kafka, "vehicles", registered(vehicles, bench.seed), say),
    }


def listed(first: int, count: int, now: datetime) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of entries for so many vehicles from a number on: one encoded entry, names and plates put in."""
    entry = EntryRecord(
        entry_id=NAME.decode(),
        list_kind="no_insurance",
        plate=PLATE.decode(),
        owner="federal",
        priority=20,
        reason="Load test",
        valid_from=now - timedelta(days=30),
    )
    before, _, rest = encode(entry).partition(NAME)
    between, _, after = rest.partition(PLATE)
    for number in range(first, first + count):
        name = b"bulk-%d" % number
        yield name, before + name + between + vehicle_plate(number)[0] + after


def registered(vehicles: int, seed: int) -> Iterator[tuple[bytes, bytes]]:
    """Messages of the register for the Belgian vehicles among the first ones of the fleet.

    What a vehicle is comes from `replay.register`; its plate is the one that the load's reads show.
    """
    numbers = iter(range(vehicles))
    for messages in register_messages(vehicles, seed):
        for number, (_, value) in zip(islice(numbers, len(messages)), messages, strict=True):
            plate, country = vehicle_plate(number)
            if country == b"BE":
                yield plate, b'{"schema_version":1,"plate":"%b","country":"BE"%b' % (plate, _after_country(value))


def _after_country(value: bytes) -> bytes:
    """The rest of a register's message behind its country."""
    begin = value.index(b'"country":"') + len(b'"country":"')
    return value[value.index(b'"', begin) + 1 :]


def _publish(kafka: KafkaConfig, topic: str, messages: Iterator[tuple[bytes, bytes]], say: Say) -> int:
    output, number = KafkaOutput(kafka, linger_ms=LINGER_MS), 0
    for number, (key, value) in enumerate(messages, 1):
        output.produce(topic, key, value, ())
        if number % 10_000 == 0:
            output.serve()
        if number % TOLD_EVERY == 0:
            say(f"{number:,} messages in the topic {topic}")
    output.flush()
    return number
