"""Reading whole topics, on both brokers: nothing lost, in the order of stamps, with a bounded number in hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from confluent_kafka import Producer

from anpr.replay import log_reader
from anpr.replay.faults import ReplayRefused
from anpr.replay.log_reader import LogReader, Span
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig
from replay.recording.format import Recorded
from tests.brokers import fresh_topic

BASE_MS = 1_700_000_000_000
MINUTE = 60_000


def config(broker: str, request: pytest.FixtureRequest) -> KafkaConfig:
    embedded = "embedded" in request.node.name
    return KafkaConfig(broker, "static" if embedded else "group", fetch_wait_ms=10)


def fill(broker: str, topic: str, messages: Iterable[tuple[int, int, bytes | None]]) -> None:
    """(partition, stamp after the base, value)"""
    producer = Producer({"bootstrap.servers": broker, "linger.ms": 20})
    for partition, stamp_ms, value in messages:
        headers: list[tuple[str, str | bytes]] = [("a", b"1"), ("none", None)]  # type: ignore[list-item]
        producer.produce(topic, value, b"key", partition=partition, timestamp=BASE_MS + stamp_ms, headers=headers)
        producer.poll(0)
    assert producer.flush(30) == 0


def read(kafka: KafkaConfig, topics: Sequence[str], span: Span = Span()) -> list[Recorded]:  # noqa: B008 - frozen
    reader = LogReader(kafka, topics, span, SystemClock())
    try:
        return [message for message in reader.messages(lambda: False, follow=False) if message is not None]
    finally:
        reader.close()


def test_everything_comes_in_the_order_of_stamps(broker: str, request: pytest.FixtureRequest) -> None:
    kafka = config(broker, request)
    one, other = fresh_topic(broker, 2), fresh_topic(broker, 1)
    fill(broker, one, [(n % 2, 10 * n, b"%d" % n) for n in range(300)])
    fill(broker, other, [(0, 10 * n + 5, None if n % 7 == 0 else b"x") for n in range(300)])
    messages = read(kafka, [one, other])
    assert len(messages) == 600
    stamps = [message.timestamp_ms for message in messages]
    assert stamps == sorted(stamps)
    assert sum(message.value is None for message in messages) == 43
    assert {message.headers for message in messages} == {(("a", b"1"), ("none", None))}
    assert {message.key for message in messages} == {b"key"}


def test_a_partition_far_ahead_is_held_back(
    broker: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reader, "MOST_HELD", 300)
    monkeypatch.setattr(log_reader, "READ_AT_ONCE", 100)
    topic = fresh_topic(broker, 2)
    fill(broker, topic, [(0, 100_000 + n, b"late") for n in range(3_000)])
    fill(broker, topic, [(1, n, b"early") for n in range(3_000)])
    reader, most, taken = LogReader(config(broker, request), [topic], Span(), SystemClock()), 0, []
    for message in reader.messages(lambda: False, follow=False):
        most = max(most, reader._merge.held((topic, 0))[0])
        if message is not None:
            taken.append(message)
    reader.close()
    assert [message.value for message in taken] == [b"early"] * 3_000 + [b"late"] * 3_000
    assert [message.offset for message in taken] == [*range(3_000), *range(3_000)]
    assert most < 3_000, "all of the later partition was in memory"


def test_a_span_takes_what_was_stamped_in_it(broker: str, request: pytest.FixtureRequest) -> None:
    topic = fresh_topic(broker, 2)
    fill(broker, topic, [(n % 2, n * MINUTE, b"%d" % n) for n in range(60)])
    span = Span(BASE_MS + 20 * MINUTE, BASE_MS + 30 * MINUTE)
    assert [message.value for message in read(config(broker, request), [topic], span)] == [
        b"%d" % n for n in range(20, 30)
    ]
    later = Span(BASE_MS + 90 * MINUTE, None)
    assert read(config(broker, request), [topic, fresh_topic(broker, 2)], later) == []


def test_of_cameras_and_lists_all_before_the_end_is_taken() -> None:
    span = Span(1_000, 2_000)
    assert [span.holds(topic, 5) for topic in ("cameras", "hotlist", "reads")] == [True, True, False]
    assert [span.holds(topic, 2_000) for topic in ("cameras", "reads")] == [False, False]


def test_following_goes_on_at_the_end_until_told_to_stop(embedded_broker: str) -> None:
    kafka = KafkaConfig(embedded_broker, "static", fetch_wait_ms=10)
    topic = fresh_topic(embedded_broker, 1)
    fill(embedded_broker, topic, [(0, 1, b"before")])
    reader, taken = LogReader(kafka, [topic], Span(), SystemClock()), []
    for message in reader.messages(lambda: len(taken) >= 1, follow=True):
        if message is not None:
            taken.append(message.value)
            if len(taken) == 1:
                fill(embedded_broker, topic, [(0, 2, b"after"), (0, 3, b"last")])
    reader.close()
    assert taken == [b"before", b"after", b"last"], "what was there when it was told to stop is taken"


def test_a_topic_that_is_not_there_is_told(embedded_broker: str) -> None:
    with pytest.raises(ReplayRefused, match="no topic nothing-here"):
        read(KafkaConfig(embedded_broker, "static", 10), ["nothing-here"])
