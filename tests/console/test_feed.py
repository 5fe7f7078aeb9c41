"""The reader of a topic for all who listen: loaded without waiting for a broker that has nothing to say."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from confluent_kafka import OFFSET_BEGINNING

from console import log_reader
from console.feed import Feed
from console.log_reader import LogReader
from console.subjects import HITS
from pipeline.messages import Message
from pipeline.runtime import log_places
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from schemas.hit import Hit
from tests.anpr.program import wait_until
from tests.brokers import fresh_topic
from tests.console.hits import hit
from tests.pipeline.runtime.workers import send

PARTITIONS = 12
HELD_S = 45
"""So long the broker may hold a fetch for which it has nothing."""


def patient(broker: str) -> KafkaConfig:
    return KafkaConfig(broker, fetch_wait_ms=HELD_S * 1000, extra={"socket.timeout.ms": str(2 * HELD_S * 1000)})


def told(number: int, partition: int) -> Message:
    return Message("", partition, 0, 1_772_445_600_000, b"k", hit(number).model_dump_json().encode())


def test_a_feed_is_loaded_while_the_broker_holds_its_answers(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a topic with a message in some partitions and none in most: nobody has to wait until one comes."""
    monkeypatch.setattr(log_places, "ANSWER_S", 60.0)  # a busy machine is no broker that has died
    topic = fresh_topic(broker, PARTITIONS)
    send(broker, topic, [told(1, 3), told(2, 3), told(3, 7)])
    feed: Feed[Hit] = Feed(patient(broker), replace(HITS, topic=topic), "log", Metrics("api"))
    loading = threading.Thread(target=feed.load, daemon=True)
    loading.start()
    wait_until(lambda: not loading.is_alive(), what="the feed to be loaded", timeout_s=HELD_S - 5)
    assert feed.ring.starts() == {partition: {3: 2, 7: 1}.get(partition, 0) for partition in range(PARTITIONS)}
    reading = threading.Thread(target=feed.run)
    reading.start()
    send(broker, topic, [told(4, 3), told(5, 0)])
    # at the latest when the broker ends the first fetch, which may be of some of the partitions alone
    wait_until(lambda: len(feed.ring.after(0)) == 2, what="what came since")
    feed.stop()
    reading.join()
    assert {(one.partition, one.offset) for one in feed.ring.after(0)} == {(3, 2), (0, 0)}


def test_a_feed_is_loaded_where_the_broker_does_not_tell_its_end(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that has just died and left its partitions to others: the end shows when there is nothing to read."""
    monkeypatch.setattr(log_reader, "log_places", lambda *_asked: {})
    topic = fresh_topic(broker, 3)
    send(broker, topic, [told(1, 1)])
    feed: Feed[Hit] = Feed(KafkaConfig(broker), replace(HITS, topic=topic), "log", Metrics("api"))
    feed.load()
    assert feed.ring.starts() == {0: 0, 1: 1, 2: 0}
    feed.stop()
    feed.run()


def test_a_reader_begins_where_it_is_told_and_elsewhere_at_the_first_message(broker: str) -> None:
    topic = fresh_topic(broker, 3)
    send(broker, topic, [told(1, 0), told(2, 0), told(3, 1)])
    reader: LogReader[Hit] = LogReader(KafkaConfig(broker), replace(HITS, topic=topic), {0: 1}, OFFSET_BEGINNING)
    assert reader.begun == {0: 1, 1: 0, 2: 0}
    found: list[tuple[int, int]] = []

    def both() -> bool:
        found.extend((one.partition, one.offset) for one in reader.read(0.1)[0])
        return len(found) == 2

    wait_until(both, what="both messages")
    reader.close()
    assert sorted(found) == [(0, 1), (1, 0)]
