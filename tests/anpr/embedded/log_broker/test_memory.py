"""What is deleted by age and size, and what happens when memory is full."""

from __future__ import annotations

import logging

import pytest

from anpr.embedded.log_broker import segment
from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.groups import Committed
from anpr.embedded.log_broker.handlers.produce import produce
from anpr.embedded.log_broker.memory import GROUP_COUNTS_FOR_S, Memory
from anpr.embedded.log_broker.partition import Partition
from anpr.embedded.log_broker.requests import Request
from anpr.embedded.log_broker.retention import retain
from anpr.embedded.log_broker.settings import TopicSettings, checked_settings
from tests.anpr.embedded.log_broker.batches import raw_batch

LIMIT_BYTES = 20_000
BATCH = raw_batch([bytes(900)], times_ms=[1000])


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "SEGMENT_BYTES", 2000)


def _broker(**given: str) -> tuple[Broker, Partition]:
    broker = Broker("c", "127.0.0.1", 1, Memory(LIMIT_BYTES), clock_ms=lambda: 10_000, now_s=lambda: 0.0)
    return broker, broker.topics.create("t", 1, given).partitions[0]


def _send(broker: Broker, acks: int = -1) -> int:
    part = {"index": 0, "records": memoryview(BATCH)}
    body = {"acks": acks, "topic_data": [{"name": "t", "partition_data": [part]}]}
    answer = produce(broker, Request(9, body, "", ""))
    assert answer is not None
    return int(answer["responses"][0]["partition_responses"][0].get("error_code", 0))


def test_what_is_older_than_the_topic_says_goes() -> None:
    broker, partition = _broker(**{"retention.ms": "9000"})
    _send(broker)
    retain(broker)
    assert partition.start == 0
    broker.clock_ms = lambda: 10_001
    retain(broker)
    assert (partition.start, partition.end, partition.size_bytes, broker.memory.held_bytes) == (1, 1, 0, 0)


@pytest.mark.parametrize("given", [{"retention.ms": "-1"}, {"cleanup.policy": "compact", "retention.ms": "1"}])
def test_what_is_to_stay_stays(given: dict[str, str]) -> None:
    broker, partition = _broker(**given)
    _send(broker)
    retain(broker)
    assert partition.start == 0


def test_what_is_more_than_the_topic_says_goes() -> None:
    broker, partition = _broker(**{"retention.ms": "-1", "retention.bytes": str(3 * len(BATCH))})
    for _ in range(10):
        _send(broker)
    retain(broker)
    assert (partition.start, partition.size_bytes) == (7, 3 * len(BATCH))


def test_full_memory_lets_go_of_what_was_read_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    broker, partition = _broker(**{"retention.ms": "-1"})
    for _ in range(100):
        assert _send(broker) == Code.NONE
        broker.groups.commit("g", ("t", 0), Committed(partition.end, -1, "", 0.0))
    assert partition.held_bytes <= LIMIT_BYTES
    assert broker.memory.held_bytes == partition.held_bytes
    assert broker.memory.dropped_bytes == 100 * len(BATCH) - partition.size_bytes
    assert "let go of t, partition 0, offsets 0 to" in caplog.text


def test_full_memory_never_lets_go_of_what_has_yet_to_be_read(caplog: pytest.LogCaptureFixture) -> None:
    broker, partition = _broker(**{"retention.ms": "-1"})
    broker.groups.commit("slow", ("t", 0), Committed(2, -1, "", 0.0))
    outcomes = {_send(broker) for _ in range(100)}
    assert outcomes == {Code.NONE, Code.KAFKA_STORAGE_ERROR}
    assert partition.start <= 2
    assert "producers wait" in caplog.text
    assert caplog.text.count("producers wait") == 1
    broker.groups.commit("slow", ("t", 0), Committed(partition.end, -1, "", 0.0))
    assert _send(broker) == Code.NONE


def test_a_group_that_never_commits_again_ends_nothing() -> None:
    broker, _ = _broker(**{"retention.ms": "-1"})
    broker.groups.commit("gone", ("t", 0), Committed(0, -1, "", 0.0))
    broker.now_s = lambda: GROUP_COUNTS_FOR_S + 1
    assert {_send(broker) for _ in range(100)} == {Code.NONE}


def test_compacted_topics_are_never_let_go_of(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    broker, partition = _broker(**{"cleanup.policy": "compact"})
    assert Code.KAFKA_STORAGE_ERROR in {_send(broker) for _ in range(100)}
    assert partition.start == 0


def test_a_batch_may_be_as_large_as_the_topic_says() -> None:
    for room, outcome in ((len(BATCH), Code.NONE), (len(BATCH) - 1, Code.MESSAGE_TOO_LARGE)):
        broker, _ = _broker(**{"max.message.bytes": str(room)})
        assert _send(broker) == outcome


def test_who_asks_for_no_answer_gets_none_unless_something_is_wrong() -> None:
    broker, partition = _broker()
    body = {"acks": 0, "topic_data": [{"name": "t", "partition_data": [{"index": 0, "records": memoryview(BATCH)}]}]}
    assert produce(broker, Request(9, body, "", "")) is None
    assert partition.end == 1
    body["topic_data"] = [{"name": "absent", "partition_data": [{"index": 0, "records": memoryview(BATCH)}]}]
    with pytest.raises(Refused):
        produce(broker, Request(9, body, "", ""))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retention.ms", "-2"),
        ("retention.ms", "a week"),
        ("retention.ms", None),
        ("cleanup.policy", "compact,burn"),
        ("min.insync.replicas", "0"),
        ("max.message.bytes", "3000000000"),
        ("preallocate", "perhaps"),
        ("no.such.setting", "1"),
    ],
)
def test_settings_that_kafka_would_not_take_are_refused(name: str, value: str | None) -> None:
    with pytest.raises(Refused) as refused:
        checked_settings({name: value})
    assert refused.value.code is Code.INVALID_CONFIG


def test_both_policies_may_stand_together() -> None:
    given = checked_settings({"cleanup.policy": "compact, delete", "retention.ms": "5"})
    settings = TopicSettings.of(given)
    assert (settings.compacted, settings.retention_ms) == (True, 5)
