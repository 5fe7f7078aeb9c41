"""Invented hits, and the topics that they go through."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas.camera import Camera
from schemas.hit import Hit
from topics.admin import create
from topics.model import Topics
from topics.spec import all_topics

TOPICS = ("hits", "cases", "cameras", "webhook-dead-letters")
PARTITIONS = 3
DEADLINE_S = 30.0


def hit(number: int, **changes: Any) -> Hit:
    """Number decides about its identity and plate."""
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "hit_id": UUID(int=number),
        "revision": 1,
        "passage_id": UUID(int=number + 10**9),
        "entry_id": f"entry-{number}",
        "list_kind": "stolen_vehicle",
        "priority": 20,
        "owner": "federal",
        "plate": f"1ABC{number % 1000:03}",
        "listed_plate": f"1ABC{number % 1000:03}",
        "match": "exact",
        "probability": 0.98,
        "alert_class": "alert",
        "instruction": "stop",
        "reason": "Stolen in the night of 22 November",
        "camera_id": "north-1",
        "captured_at": now - timedelta(seconds=2),
        "received_at": now - timedelta(seconds=1),
    }
    return Hit(**(given | changes))


CAMERAS = (
    Camera(camera_id="north-1", name="Rue du Nord", kind="fixed", police_zone="BRU-NORTH"),
    Camera(camera_id="south-1", name="Rue du Midi", kind="fixed", police_zone="BRU-SOUTH"),
    Camera(camera_id="motorway", name="E40", kind="fixed"),
)


def make_topics(bootstrap: str) -> None:
    """Those that are needed here; those that are there already stay as they are."""
    wanted = Topics({name: all_topics()[name] for name in TOPICS})
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = create(admin, wanted, max_partitions=PARTITIONS, replication=1)
    assert [one for one in made if one.outcome == "refused"] == []


def tell(bootstrap: str, topic: str, messages: Iterable[tuple[str, bytes]], stamp_ms: int = 0) -> None:
    """Put values under keys into a topic, and wait until they are there."""
    refused: list[str] = []

    def report(error: KafkaError | None, _message: object) -> None:
        if error is not None:
            refused.append(error.str())

    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 1, "on_delivery": report})
    for key, value in messages:
        producer.produce(topic, value, key.encode(), timestamp=stamp_ms)
        producer.poll(0)
    assert (producer.flush(DEADLINE_S), refused) == (0, [])


def tell_hits(bootstrap: str, *hits: Hit, stamp_ms: int = 0) -> None:
    """Publish hits in this order."""
    tell(bootstrap, "hits", ((one.plate, one.model_dump_json().encode()) for one in hits), stamp_ms)


def tell_cameras(bootstrap: str) -> None:
    """Publish the cameras of these tests."""
    tell(bootstrap, "cameras", ((one.camera_id, one.model_dump_json().encode()) for one in CAMERAS))


def log_ends(bootstrap: str, topic: str) -> dict[int, int]:
    """By partition, where the log ends; as an event, since watermarks are not to be trusted (decision 0004)."""
    ends: dict[int, int] = {}
    settings = {"bootstrap.servers": bootstrap, "group.id": "look", "enable.partition.eof": True}
    with closing(Consumer(settings | {"enable.auto.commit": False})) as consumer:
        places = consumer.list_topics(topic, timeout=DEADLINE_S).topics[topic].partitions
        consumer.assign([TopicPartition(topic, place, 0) for place in places])
        while len(ends) < len(places):
            for raw in consumer.consume(1000, 0.1):
                error = raw.error()
                if error is not None and error.code() == KafkaError._PARTITION_EOF:
                    ends[raw.partition() or 0] = raw.offset() or 0
    return ends
