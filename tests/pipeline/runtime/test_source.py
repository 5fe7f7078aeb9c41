"""The source's answers to what a broker may do, with a stand-in for the consumer; the rest is in test_contract."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from pipeline.runtime import source as source_module
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, unpack
from pipeline.runtime.source import KafkaSource
from tests.anpr.program import wait_until

PLACE = ("reads", 0)


class Raw:
    """A message as librdkafka hands it out."""

    def __init__(self, offset: int, partition: int = 0, error: KafkaError | None = None, **parts: Any) -> None:
        self._values = {
            "topic": "reads",
            "partition": partition,
            "offset": offset,
            "error": error,
            "key": b"k",
            "value": b"v",
            "headers": None,
            "timestamp": (1, 1000),
        } | parts

    def __getattr__(self, name: str) -> Callable[[], Any]:
        return lambda: self._values[name]


class StandIn:
    """What `KafkaSource` uses of a consumer."""

    def __init__(self) -> None:
        self.messages: list[Raw] = []
        self.refusal: KafkaException | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        self.sought: list[TopicPartition] = []
        self.paused = 0
        self.answers = Event()
        self.answers.set()
        self.closed = self.heard = False

    def poll(self, _wait_s: float) -> Raw | None:
        return self.messages.pop(0) if self.messages else None

    def consume(self, _most: int, _gather_s: float) -> list[Raw]:
        self.meanwhile()
        taken, self.messages = self.messages, []
        return taken

    def commit(self, offsets: list[TopicPartition], asynchronous: bool) -> list[TopicPartition]:
        assert not asynchronous
        assert self.answers.wait(30)
        if self.refusal is not None:
            raise self.refusal
        return offsets

    def assignment(self) -> list[TopicPartition]:
        return [TopicPartition(*PLACE)]

    def pause(self, places: list[TopicPartition]) -> None:
        self.paused += len(places)

    def resume(self, places: list[TopicPartition]) -> None:
        self.paused -= len(places)

    def close(self) -> None:
        self.closed = True

    def position(self, places: list[TopicPartition]) -> list[TopicPartition]:
        return [TopicPartition(place.topic, place.partition, 5) for place in places]

    def get_watermark_offsets(self, _place: TopicPartition, cached: bool) -> tuple[int, int]:
        assert cached, "what was heard last: this one costs no question"
        return 0, 5

    def list_topics(self, _topic: str, timeout: float) -> None:
        assert timeout > 0
        if self.heard:
            return
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))

    def seek(self, place: TopicPartition) -> None:
        self.sought.append(place)


@pytest.fixture
def consumer() -> StandIn:
    return StandIn()


@pytest.fixture
def source(consumer: StandIn) -> KafkaSource:
    made = KafkaSource(KafkaConfig("127.0.0.1:1"), "test", ["reads"])
    made._consumer.close()
    made._consumer = consumer  # type: ignore[assignment]
    return made


def offsets(source: KafkaSource) -> list[tuple[int, int]]:
    return [(m.partition, m.offset) for m in source.poll(10, 0).fresh]


def test_takes_the_first_message_and_what_comes_with_it(source: KafkaSource, consumer: StandIn) -> None:
    consumer.messages = [Raw(0), Raw(1), Raw(7, partition=1)]
    assert offsets(source) == [(0, 0), (0, 1), (1, 7)]
    assert offsets(source) == []


def test_a_first_message_whose_partition_goes_while_more_is_gathered_is_not_ours(
    source: KafkaSource, consumer: StandIn
) -> None:
    consumer.messages = [Raw(0), Raw(7, partition=1)]
    consumer.meanwhile = lambda: source._on_revoke(consumer, [TopicPartition(*PLACE)])  # type: ignore[arg-type]
    assert offsets(source) == [(1, 7)]


def test_a_message_that_comes_again_after_its_partition_came_back_is_ours(
    source: KafkaSource, consumer: StandIn
) -> None:
    source._on_revoke(consumer, [TopicPartition(*PLACE)])  # type: ignore[arg-type]
    consumer.messages = [Raw(0), Raw(1)]
    assert offsets(source) == [(0, 0), (0, 1)]


@pytest.mark.parametrize(
    "code",
    [
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
    ],
)
def test_a_commit_that_cannot_be_made_now(source: KafkaSource, consumer: StandIn, code: int) -> None:
    """After a long pause the group may have gone on without us: the next poll says so, no commit can."""
    consumer.refusal = KafkaException(KafkaError(code))
    assert source.commit({PLACE: 1}, {}) is False


def test_a_commit_without_an_answer_keeps_neither_the_loop_nor_the_end(
    source: KafkaSource, consumer: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A consumer must not be closed under a thread that is inside it."""
    monkeypatch.setattr(source_module, "COMMIT_WAIT_S", 0.01)
    consumer.answers.clear()
    assert source.commit({PLACE: 1}, {}) is False
    source.close()
    assert not consumer.closed
    consumer.answers.set()
    monkeypatch.setattr(source_module, "COMMIT_WAIT_S", 30)
    wait_until(source._commits.idle, what="the first commit")
    assert source.commit({PLACE: 2}, {}) is True
    source.close()
    assert consumer.closed


def test_the_end_of_a_log_is_known_only_of_a_broker_that_answers(source: KafkaSource, consumer: StandIn) -> None:
    """What was heard last says that nothing is left; a producer may be waiting to say more."""
    assert source.lag() == {PLACE: 0}
    consumer.heard = True
    assert source.at_end() == {PLACE}
    consumer.heard = False
    assert source.at_end() == frozenset()
    consumer.heard = True
    assert source.at_end() == frozenset(), "it has only just come back"


def test_a_commit_that_is_refused(source: KafkaSource, consumer: StandIn) -> None:
    consumer.refusal = KafkaException(KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED))
    with pytest.raises(KafkaException):
        source.commit({PLACE: 1}, {})


def test_a_message_fetched_before_the_pause_is_taken_again(source: KafkaSource, consumer: StandIn) -> None:
    consumer.messages = [Raw(5)]
    source.keep_alive()
    assert [(p.topic, p.partition, p.offset) for p in consumer.sought] == [("reads", 0, 5)]
    source.resume()
    source.resume()
    assert consumer.paused == 0


def test_unpack_keeps_bytes_and_headers() -> None:
    raw: Any = Raw(3, key=None, value=None, headers=[("a", b"x"), ("b", None)])
    unpacked = unpack(raw)
    assert unpacked is not None
    assert (unpacked.key, unpacked.value, unpacked.headers) == (None, b"", (("a", b"x"), ("b", b"")))


def test_unpack_leaves_to_librdkafka_what_it_mends_and_stops_for_the_rest() -> None:
    passing: Any = Raw(0, error=KafkaError(KafkaError._TRANSPORT))
    assert unpack(passing) is None
    lasting: Any = Raw(0, error=KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    with pytest.raises(KafkaUnusable, match="anpr topics create"):
        unpack(lasting)


class LateCoordinator:
    """A broker that has just started: it knows its group coordinator only after some tries."""

    def __init__(self, refusals: list[int]) -> None:
        self._refusals = refusals
        self.asked = 0

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert timeout > 0
        self.asked += 1
        if self._refusals:
            raise KafkaException(KafkaError(self._refusals.pop(0)))
        return [TopicPartition(place.topic, place.partition, 7) for place in places]


def test_committed_offsets_are_asked_for_until_the_coordinator_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "RETRY_S", 0)
    broker: Any = LateCoordinator([KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE])
    assert [one.offset for one in source_module._committed(broker, [TopicPartition(*PLACE)])] == [7]
    assert broker.asked == 3


def test_a_refusal_to_tell_committed_offsets_is_no_reason_to_wait() -> None:
    broker: Any = LateCoordinator([KafkaError.GROUP_AUTHORIZATION_FAILED])
    with pytest.raises(KafkaException):
        source_module._committed(broker, [TopicPartition(*PLACE)])
    assert broker.asked == 1


@pytest.mark.parametrize("code", [KafkaError._FATAL, KafkaError._FENCED, KafkaError.FENCED_INSTANCE_ID])
def test_a_client_that_was_shut_out_is_no_wait(source: KafkaSource, consumer: StandIn, code: int) -> None:
    consumer.messages = [Raw(-1, error=KafkaError(code))]
    with pytest.raises(KafkaUnusable, match="shut this worker out"):
        source.poll(10, 0)
    consumer.messages = [Raw(-1, error=KafkaError(code))]
    with pytest.raises(KafkaUnusable, match="shut this worker out"):
        source.keep_alive()
