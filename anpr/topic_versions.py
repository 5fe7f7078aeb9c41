"""Which versions of its contract the messages of a topic are of, and whether this program reads them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import msgspec
from confluent_kafka import Consumer, TopicPartition

from pipeline.messages import Message
from pipeline.runtime.dead_letters import HEADER
from pipeline.runtime.drain import NotDrained
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, at_end, consumer_client, unpack
from schemas.codec import UNREADABLE
from schemas.registry import CONTRACTS
from schemas.upgrade import NoUpgrade, check_way
from topics.spec import Topics, TopicSpec

__all__ = ["Found", "Seen", "Standing", "look_at_versions"]

IN_HEADER: Mapping[str, str] = {"frame": "frame", "dead_letter": HEADER}
"""Contract → header that holds its document, where the value is something else."""
CALL_TIMEOUT_S, WAIT_S, CHUNK = 30.0, 1.0, 2_000
SILENT_S = 60.0
Place: TypeAlias = tuple[str, int]
Standing: TypeAlias = Literal["read", "upgraded", "not readable"]


class _Glance(msgspec.Struct):
    schema_version: int = 1


_glance = msgspec.json.Decoder(_Glance).decode


@dataclass(frozen=True, slots=True)
class Seen:
    """Messages of one version."""

    version: int
    standing: Standing
    """`read`: as they are; `upgraded`: of an older version, read all the same; `not readable`: this program lacks what
    it takes, and would put them to the dead letters."""
    messages: int
    newest: datetime
    """Stamp of the newest one that was looked at."""


@dataclass(frozen=True, slots=True)
class Found:
    """One topic."""

    topic: str
    contract: str
    known: int
    """Version that this program writes."""
    looked_at: int
    of: int
    """Offsets that the topic holds: messages, and what compaction left of them."""
    seen: tuple[Seen, ...]
    """By version, the oldest first."""
    without: int
    """Messages that name no version that can be read: no JSON, or a null value."""

    @property
    def readable(self) -> bool:
        """Whether this program can read all that was looked at."""
        return all(one.standing != "not readable" for one in self.seen)


@dataclass(slots=True)
class _Tally:
    newest_ms: dict[int, int] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    without: int = 0

    def add(self, message: Message, contract: str) -> None:
        version = _version_of(message, contract)
        if version is None:
            self.without += 1
            return
        self.counts[version] = self.counts.get(version, 0) + 1
        self.newest_ms[version] = max(self.newest_ms.get(version, 0), message.timestamp_ms)


def _version_of(message: Message, contract: str) -> int | None:
    header = IN_HEADER.get(contract)
    document = message.value if header is None else dict(message.headers).get(header)
    if not document:
        return None
    try:
        return _glance(document).schema_version
    except UNREADABLE:
        return None


def look_at_versions(kafka: KafkaConfig, topics: Topics, newest: int | None) -> list[Found]:
    """Look at the newest messages of each topic, so many in all partitions together; None: at all of them.

    Commits nothing. Raises KafkaUnusable for a topic that is not there, NotDrained when the broker falls silent.
    """
    consumer = consumer_client(kafka, "topics.versions", **{"enable.partition.eof": True})
    try:
        return _look(consumer, topics, newest)
    finally:
        consumer.close()


def _look(consumer: Consumer, topics: Topics, newest: int | None) -> list[Found]:
    bounds = _bounds(consumer, topics)
    starts = {place: low if newest is None else _start(place, bounds, newest) for place, (low, _) in bounds.items()}
    ends = {place: high for place, (_, high) in bounds.items() if high > starts[place]}
    tallies = {name: _Tally() for name in topics}
    _count(consumer, {place: starts[place] for place in ends}, ends, tallies, topics)
    return [_found(spec, tallies[name], bounds) for name, spec in topics.items()]


def _bounds(consumer: Consumer, topics: Topics) -> dict[Place, tuple[int, int]]:
    known = consumer.list_topics(timeout=CALL_TIMEOUT_S).topics
    missing = [name for name in topics if name not in known]
    if missing:
        raise KafkaUnusable(f"no topic {', '.join(missing)} at the broker: run `anpr topics create` first")
    return {
        (name, partition): consumer.get_watermark_offsets(TopicPartition(name, partition), CALL_TIMEOUT_S)
        for name in topics
        for partition in known[name].partitions
    }


def _start(place: Place, bounds: Mapping[Place, tuple[int, int]], newest: int) -> int:
    share = -(-newest // sum(1 for topic, _ in bounds if topic == place[0]))
    low, high = bounds[place]
    return max(low, high - share)


def _count(
    consumer: Consumer,
    starts: Mapping[Place, int],
    ends: Mapping[Place, int],
    tallies: Mapping[str, _Tally],
    topics: Topics,
) -> None:
    """Each place up to the end that it had: what comes meanwhile is not looked at."""
    open_places, heard_at = set(ends), time.monotonic()
    consumer.assign([TopicPartition(*place, offset) for place, offset in starts.items()])
    while open_places:
        raw = consumer.consume(CHUNK, WAIT_S)
        heard_at = time.monotonic() if raw else heard_at
        if time.monotonic() - heard_at > SILENT_S:
            raise NotDrained("the broker does not tell what its topics hold")
        for message in (one for one in map(unpack, raw) if one is not None):
            place = (message.topic, message.partition)
            if message.offset < ends[place]:
                tallies[message.topic].add(message, topics[message.topic].contract.name)
            if message.offset >= ends[place] - 1:
                open_places.discard(place)
        open_places -= {(one.topic() or "", one.partition() or 0) for one in raw if at_end(one)}


def _found(spec: TopicSpec, tally: _Tally, bounds: Mapping[Place, tuple[int, int]]) -> Found:
    contract = spec.contract.name
    return Found(
        spec.name,
        contract,
        CONTRACTS[contract].version,
        sum(tally.counts.values()) + tally.without,
        sum(high - low for (topic, _), (low, high) in bounds.items() if topic == spec.name),
        tuple(_seen(contract, tally, sorted(tally.counts))),
        tally.without,
    )


def _seen(contract: str, tally: _Tally, versions: Iterable[int]) -> Iterable[Seen]:
    for version in versions:
        newest = datetime.fromtimestamp(tally.newest_ms[version] / 1000, UTC)
        yield Seen(version, _standing(contract, version), tally.counts[version], newest)


def _standing(contract: str, version: int) -> Standing:
    known = CONTRACTS[contract].version
    try:
        check_way(contract, version, known)
    except NoUpgrade:
        return "not readable"
    return "read" if version == known else "upgraded"
