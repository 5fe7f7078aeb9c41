"""Whether a log has nothing between two messages: what was left out on the way is told from what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from anpr.embedded.broker import start_broker
from pipeline.runtime import holes
from pipeline.runtime.holes import Holes
from pipeline.runtime.kafka import admin_client
from tests.brokers import fresh_topic
from tests.pipeline.runtime.workers import plain, send, static

MESSAGES, DELETED = 10, 4


@pytest.fixture
def topic(broker: str) -> str:
    """Ten messages, of which the first four are gone, as after their time."""
    name = fresh_topic(broker)
    send(broker, name, plain([b"%d" % n for n in range(MESSAGES)]))
    admin, where = admin_client(static(broker)), TopicPartition(name, 0, DELETED)
    assert admin.delete_records([where])[where].result(30).low_watermark == DELETED
    return name


def test_what_is_no_longer_there_is_a_hole(broker: str, topic: str) -> None:
    asked = Holes(static(broker), "group", ())
    assert asked.is_one(topic, 0, 1, DELETED)
    assert asked.is_one(topic, 0, 3, DELETED)


def test_what_is_there_is_none(broker: str, topic: str) -> None:
    asked = Holes(static(broker), "group", ())
    assert not asked.is_one(topic, 0, 5, 7)
    assert not asked.is_one(topic, 0, 1, DELETED + 1)


def test_nobody_is_asked_of_a_compacted_log(broker: str, topic: str) -> None:
    assert Holes(static(broker), "group", (topic,)).is_one(topic, 0, 5, 7)


def test_a_broker_that_says_nothing_says_of_no_hole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holes, "ANSWER_S", 0.5)
    gone = start_broker(log_path=tmp_path / "broker.log")
    gone.kill()
    assert not Holes(static(gone.bootstrap), "group", ()).is_one("hits", 0, 1, 2)
