"""How long it took from a read to its passage and to its hit, by the stamps that the messages have in their topics.

What was received when stands in the messages too, but in a playing that is the time of the recording. The store keeps
no time of storing; read → searchable is measured while it happens: `anpr bench pipeline`.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from anpr.hit_watch import quantile
from anpr.replay.log_reader import LogReader, Span
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig
from replay.recording.format import Recorded
from replay.recording.scoring import milliseconds
from replay.recording.summary import document_of

__all__ = ["latencies"]

MOST = 50_000
"""Facts of a kind that are timed: the first ones."""
Sight = tuple[str, int]
"""Camera and receipt, ms: what a read and all that comes of it have in common."""


class _Fact(msgspec.Struct):
    camera_id: str
    received_at: datetime
    passage_id: UUID | None = None
    hit_id: UUID | None = None
    withdrawn: bool = False
    late: bool = False


_decode: Callable[[bytes], _Fact] = msgspec.json.Decoder(_Fact).decode


def latencies(kafka: KafkaConfig, stop: Callable[[], bool]) -> dict[str, dict[str, float | int | None]]:
    """`read_to_passage_ms` and `read_to_hit_ms`: p50, p99, of how many. Reads the topics from their beginnings."""
    told = {name: _told(kafka, topic, stop) for name, topic in (("passage", "passages"), ("hit", "hits"))}
    reads = _reads(kafka, {sight for facts in told.values() for sight, _ in facts}, stop)
    return {f"read_to_{name}_ms": _spread(_delays(facts, reads)) for name, facts in told.items()}


def _told(kafka: KafkaConfig, topic: str, stop: Callable[[], bool]) -> list[tuple[Sight, int]]:
    """Each fact at its first statement: what it goes back to, and its stamp."""
    first: dict[UUID, tuple[Sight, int]] = {}
    for message, fact in _facts(kafka, [topic], stop):
        identity = fact.hit_id or fact.passage_id
        if identity is not None and not fact.withdrawn and not fact.late and len(first) < MOST:
            first.setdefault(identity, (_sight(fact), message.timestamp_ms))
    return list(first.values())


def _reads(kafka: KafkaConfig, wanted: set[Sight], stop: Callable[[], bool]) -> dict[Sight, list[int]]:
    """Stamps of the pictures, or of the reads of cameras that read themselves, in order."""
    found: dict[Sight, list[int]] = {}
    pictures: set[Sight] = set()
    for message, fact in _facts(kafka, ["frames", "reads"], stop):
        sight = _sight(fact)
        if message.topic == "frames":
            pictures.add(sight)
        elif sight in pictures:
            continue  # our own reader's: the time counts from the picture
        if sight in wanted:
            insort(found.setdefault(sight, []), message.timestamp_ms)
    return found


def _facts(kafka: KafkaConfig, topics: Sequence[str], stop: Callable[[], bool]) -> Iterator[tuple[Recorded, _Fact]]:
    reader = LogReader(kafka, topics, Span(), SystemClock())
    try:
        for message in reader.messages(stop, follow=False):
            document = None if message is None else document_of(message, message.topic.removesuffix("s"))
            if message is not None and document:
                try:
                    yield message, _decode(document)
                except (msgspec.DecodeError, msgspec.ValidationError):
                    continue  # is among the dead letters, and led to nothing that could be timed
    finally:
        reader.close()


def _sight(fact: _Fact) -> Sight:
    return fact.camera_id, milliseconds(fact.received_at)


def _delays(facts: Sequence[tuple[Sight, int]], reads: dict[Sight, list[int]]) -> list[float]:
    """From the last such read before the statement: what is played twice is twice there."""
    delays = []
    for sight, told_ms in facts:
        stamps = reads.get(sight, [])
        place = bisect_right(stamps, told_ms)
        if place:
            delays.append(float(told_ms - stamps[place - 1]))
    return delays


def _spread(delays_ms: list[float]) -> dict[str, Any]:
    return {"p50": quantile(delays_ms, 0.5), "p99": quantile(delays_ms, 0.99), "of": len(delays_ms)}
