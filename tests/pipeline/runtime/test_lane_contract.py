"""What a lane promises, on the embedded broker and on Apache Kafka."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from math import inf

import pytest

from anpr.embedded.child import free_port
from pipeline.messages import Batch, Message
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.lane_reader import LaneReader
from pipeline.runtime.live_lane import Lane, LaneRules, bytes_of
from pipeline.runtime.loop import Limits, Loop
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import KafkaOutput
from pipeline.runtime.source import KafkaSource
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.tracks_from_middle import TracksFromMiddle
from tests.brokers import fresh_topic
from tests.pipeline.builders import T0, ms, read, read_message
from tests.pipeline.runtime.workers import contents, plain, send, static, until

AGO_S = 600
CAMERAS = {"cam-1": None}
RULES = LaneRules(behind_messages=100, backlog_at_once=40, backlog_per_s=2_000.0)


def backlog(count: int) -> list[Message]:
    """Vehicles of the last ten minutes, by number, evenly."""
    now = time.time() - AGO_S
    return [_read(n, now + n * AGO_S / count, n) for n in range(count)]


def _read(number: int, at_s: float, offset: int) -> Message:
    seconds = at_s - ms(T0) / 1000
    record = read(f"1ABC{number % 1000:03d}", seconds, track_id=f"{number}", confidence=0.95)
    return read_message(record, offset)


class Consolidator:
    """The flow with its lane, from topic to topic, stepped by the test."""

    def __init__(self, config: KafkaConfig, source: str, target: str) -> None:
        stage, clock = Consolidate(CAMERAS, topic=target), SystemClock()
        ahead = Consolidate(CAMERAS, topic=target, tracks=TracksFromMiddle)
        self.output, self.metrics = KafkaOutput(config), Metrics()
        self.lane = Lane(LaneReader(config, f"flow-{source}"), ahead, bytes_of, clock, RULES)
        self.source = KafkaSource(config, f"flow-{source}", [source], stateful=True, assigned=self.lane.assigned)
        self.loop = Loop(
            flow="consolidate",
            source=self.source,
            stage=stage,
            output=self.output,
            dead_letters=self.output,
            metrics=self.metrics,
            clock=clock,
            limits=Limits(batch_messages=40, wait_s=0.05),
            stateful=stage,
            lane=self.lane,
        )
        self.source.on_revoke(self.loop.commit, self.loop.forget)
        self.source.open()
        self.worked = 0

    def step(self) -> None:
        """One step."""
        self.worked += self.loop.step()

    def crash(self) -> None:
        """Leave without a commit."""
        self.source.close()
        self.lane.close()


def _alone(messages: Sequence[Message]) -> Counter[bytes]:
    told = Consolidate(CAMERAS)(Batch(messages, SystemClock().now())).emitted
    return Counter(emit.value for emit in told)


def test_what_comes_now_is_told_first_and_nothing_twice(broker: str) -> None:
    source, target = fresh_topic(broker), fresh_topic(broker)
    messages = backlog(1_500)
    send(broker, source, messages)
    worker = Consolidator(static(broker), source, target)
    until(worker.lane.active, worker.step, "the lane")
    late = [_read(n, time.time(), n) for n in range(1_500, 1_503)]
    send(broker, source, late)
    wanted = set(_alone(late))
    until(lambda: wanted <= {m.value for m in contents(broker, target)}, worker.step, "what has just come")
    assert worker.worked < 1_400
    until(lambda: worker.worked == 1_503 and not worker.lane.active(), worker.step, "the backlog")
    worker.crash()
    assert Counter(m.value for m in contents(broker, target)) == _alone([*messages, *late])
    assert worker.lane.differing == 0
    assert worker.metrics.registry.get_sample_value("anpr_lane_messages_total", {"flow": "consolidate"})


@pytest.mark.slow
def test_a_crash_amid_a_backlog_loses_nothing_and_tells_nothing_else(broker: str) -> None:
    source, target = fresh_topic(broker), fresh_topic(broker)
    messages = backlog(1_500)
    send(broker, source, messages)
    for _ in range(3):
        worker = Consolidator(static(broker), source, target)
        until(worker.lane.active, worker.step, "the lane")
        begun = worker.worked
        until(lambda: worker.worked >= begun + 200, worker.step, "some of the backlog")  # noqa: B023
        worker.crash()
    last = Consolidator(static(broker), source, target)
    until(lambda: _left(last) == 0 and not last.lane.active(), last.step, "the backlog")
    last.crash()
    assert set(Counter(m.value for m in contents(broker, target))) == set(_alone(messages))
    assert last.lane.differing == 0


@pytest.mark.slow
def test_partitions_move_to_another_worker_amid_a_backlog_and_back(broker: str) -> None:
    source, target = fresh_topic(broker, 2), fresh_topic(broker)
    messages = backlog(3_000)
    send(broker, source, (m._replace(partition=m.offset % 2) for m in messages))
    config = KafkaConfig(broker, fetch_wait_ms=20)
    first = Consolidator(config, source, target)
    until(lambda: len(first.lane.source.positions) == 2, first.step, "lanes for both partitions")
    second = Consolidator(config, source, target)

    def both() -> None:
        first.step()
        second.step()

    until(second.lane.active, both, "a partition to move, and its lane")
    assert len(first.lane.source.positions) == 1
    second.loop.commit()
    second.source.close()
    second.lane.close()
    until(lambda: _left(first, 2) == 0 and not first.lane.active(), first.step, "the backlog")
    first.crash()
    halves = [[m for m in messages if m.offset % 2 == half] for half in range(2)]
    expected = set(_alone(halves[0])) | set(_alone(halves[1]))
    assert {m.value for m in contents(broker, target)} == expected
    assert first.lane.differing == second.lane.differing == 0


def _left(worker: Consolidator, partitions: int = 1) -> float:
    """Messages that a worker which has them all has yet to take."""
    lags = worker.source.lag()
    return sum(lags.values()) if len(lags) == partitions else inf


# ---- the reader ------------------------------------------------------------------------------------------


@contextmanager
def reading(broker: str) -> Iterator[LaneReader]:
    """A reader that lets go at the end."""
    with closing(LaneReader(static(broker), "flow")) as reader:
        yield reader


def test_reads_from_a_moment_on_each_message_once(broker: str) -> None:
    topic = fresh_topic(broker)
    stamps = [1_772_445_600_000 + n * 1000 for n in range(10)]
    for n, stamp in enumerate(stamps):
        send(broker, topic, plain([b"%d" % n], timestamp_ms=stamp))
    with reading(broker) as reader:
        reader.begin(reader.offsets_at([(topic, 0)], stamps[4]))
        taken: list[Message] = []
        until(lambda: len(taken) >= 6, lambda: taken.extend(reader.take(4, 0.05)), "six messages")
        assert [m.value for m in taken] == [b"%d" % n for n in range(4, 10)]
        assert reader.positions == {(topic, 0): 10}


def test_where_nothing_is_so_young_it_begins_at_the_end(broker: str) -> None:
    topic = fresh_topic(broker)
    send(broker, topic, plain([b"old"] * 3))
    with reading(broker) as reader:
        reader.begin(reader.offsets_at([(topic, 0)], ms(T0) * 2))
        assert reader.positions == {(topic, 0): 3}
        send(broker, topic, plain([b"new"]))
        taken: list[Message] = []
        until(lambda: bool(taken), lambda: taken.extend(reader.take(4, 0.05)), "the new one")
        assert [m.value for m in taken] == [b"new"]


def test_what_is_not_begun_is_not_read(broker: str) -> None:
    topic = fresh_topic(broker)
    send(broker, topic, plain([b"%d" % n for n in range(3)]))
    with reading(broker) as reader:
        reader.begin({})
        assert reader.positions == {}
        assert reader.take(10, 0) == []


def test_a_broker_that_is_not_there_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with reading(f"127.0.0.1:{free_port()}") as reader:
        assert reader.offsets_at([("reads", 0)], 1) == {}
    assert "waiting for the broker to tell offsets" in caplog.text


def test_partitions_come_and_go(broker: str) -> None:
    topic = fresh_topic(broker, 2)
    for partition in range(2):
        send(broker, topic, plain([b"%d" % n for n in range(5)], partition=partition))
    with reading(broker) as reader:
        reader.begin({(topic, 0): 0})
        taken: list[Message] = []
        until(lambda: len(taken) >= 2, lambda: taken.extend(reader.take(2, 0.05)), "the first")
        reader.begin({(topic, 1): 0})
        until(lambda: len(taken) >= 10, lambda: taken.extend(reader.take(3, 0.05)), "both")
        assert Counter((m.partition, m.offset) for m in taken) == Counter((p, n) for p in range(2) for n in range(5))
        reader.end([(topic, 0)])
        for partition in range(2):
            send(broker, topic, plain([b"late"], partition=partition))
        until(lambda: len(taken) >= 11, lambda: taken.extend(reader.take(3, 0.05)), "the late one")
        assert taken[-1].partition == 1
