"""What waits at the broker for a flow: how many messages, and how old the oldest of them is."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import OffsetSpec

from pipeline.runtime.kafka import KafkaConfig, admin_client, consumer_client

__all__ = ["Backlog", "backlog"]

CALL_TIMEOUT_S = 5.0
LOOK_S = 3.0
"""For the oldest message of each partition; what cannot be read within it is not told."""
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of one flow."""

    messages: int
    """That it has not committed."""
    oldest_at: datetime | None
    """The broker's stamp of the oldest of them; None: nothing waits, or it could not be read."""
    ever: bool
    """Whether the flow has ever committed anything."""


def backlog(kafka: KafkaConfig, flow: str, topics: Iterable[str], *, oldest: bool = True) -> Backlog:
    """Ask the broker. Raises KafkaException when it does not answer.

    oldest: also read the first message that waits in each partition.
    """
    admin: Any = admin_client(kafka)  # whose types say less than it can
    with closing(consumer_client(kafka, flow)) as consumer:
        known = consumer.list_topics(timeout=CALL_TIMEOUT_S).topics
        places = [TopicPartition(name, number) for name in topics if name in known for number in known[name].partitions]
        done = {(one.topic, one.partition): one.offset for one in consumer.committed(places, timeout=CALL_TIMEOUT_S)}
        ends, starts = _offsets(admin, done, OffsetSpec.latest()), _offsets(admin, done, OffsetSpec.earliest())
        begin = {place: max(offset, starts[place]) for place, offset in done.items()}
        behind = {place: begin[place] for place in begin if begin[place] < ends[place]}
        waiting = sum(ends[place] - offset for place, offset in behind.items())
        at = _oldest(consumer, behind) if oldest and behind else None
    return Backlog(waiting, at, any(offset >= 0 for offset in done.values()))


def _offsets(admin: Any, places: Iterable[Place], which: OffsetSpec) -> dict[Place, int]:
    asked = {TopicPartition(topic, number): which for topic, number in places}
    if not asked:
        return {}
    answers = admin.list_offsets(asked, request_timeout=CALL_TIMEOUT_S)
    return {(place.topic, place.partition): int(answer.result().offset) for place, answer in answers.items()}


def _oldest(consumer: Consumer, behind: Mapping[Place, int]) -> datetime | None:
    unseen, stamps = set(behind), []
    consumer.assign([TopicPartition(topic, number, offset) for (topic, number), offset in behind.items()])
    deadline = time.monotonic() + LOOK_S
    while unseen and time.monotonic() < deadline:
        for raw in consumer.consume(1000, 0.1):
            place = (raw.topic() or "", raw.partition() or 0)
            if raw.error() is None and place in unseen:
                unseen.discard(place)
                stamps.append(raw.timestamp()[1])
                consumer.pause([TopicPartition(*place)])
    consumer.unassign()
    return datetime.fromtimestamp(min(stamps) / 1000, UTC) if stamps else None
