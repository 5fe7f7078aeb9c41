"""One engine's turn: its process starts, works the reads off, and what it put out is compared with what it must be."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from anpr.bench.failed import BenchFailed
from anpr.bench.peers.job import Task
from anpr.embedded.child import Child, start_child
from pipeline.runtime.kafka import KafkaConfig, admin_client, at_end, consumer_client

__all__ = ["MODULES", "Turn", "make_topic", "measure", "put_out"]

MODULES = {
    "ours": "anpr.bench.peers.ours",
    "quixstreams": "anpr.bench.peers.quix",
    "faust": "anpr.bench.peers.faust_peer",
    "aiokafka": "anpr.bench.peers.aiokafka_peer",
}
ROOT = Path(__file__).parents[3]
LOOK_EVERY_S = 0.01
NEAR = 20_000
"""Messages: more than are in two batches."""
WARM_SHARE = 0.2
"""Of the reads: start-up, joining the group and first calls are not the rate."""
LONGEST_S = 300.0
CREATE_S = 30.0


@dataclass(frozen=True, slots=True)
class Turn:
    """What one engine did in one round."""

    reads_per_s: float
    cpu_s_per_million: float
    rss_mb: float


def make_topic(kafka: KafkaConfig, name: str) -> None:
    """A topic of one partition: one process works it off."""
    admin: AdminClient = admin_client(kafka)
    for made in admin.create_topics([NewTopic(name, 1, 1)]).values():
        made.result(CREATE_S)


def measure(engine: str, python: Path, task: Task, count: int, folder: Path) -> Turn:
    """Run it until it has put out `count` messages. Raises BenchFailed when it does not get there."""
    file = folder / f"{task.group}.json"
    file.write_text(json.dumps(asdict(task)), encoding="utf-8")
    log, environment = folder / f"{task.group}.log", {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(python), "-m", MODULES[engine], str(file)]
    end = _End(KafkaConfig(task.bootstrap), task.target, count)
    child = start_child(f"{engine}", command, log, environ=environment)
    try:
        return _watch(engine, child, end, count)
    finally:
        child.stop()
        end.close()


class _End:
    """How many messages a topic has: `told` where the last batch begins, as the embedded broker does, `read` exactly.

    Asking costs nothing; only near the end is the topic read (docs/decisions/0004).
    """

    def __init__(self, kafka: KafkaConfig, topic: str, count: int) -> None:
        self._place, self._count, self._read = TopicPartition(topic, 0), count, 0
        self._consumer: Consumer = consumer_client(kafka, "bench-peers-end")

    def told(self) -> int:
        """Or less, by up to a batch."""
        return int(self._consumer.get_watermark_offsets(self._place, timeout=10)[1])

    def all_there(self, told: int) -> bool:
        """Whether so many as expected are in the topic."""
        if told < self._count - NEAR:
            return told >= self._count
        if not self._read:
            self._read = max(1, told)
            self._consumer.assign([TopicPartition(self._place.topic, 0, self._read - 1)])
        for raw in self._consumer.consume(NEAR, LOOK_EVERY_S):
            if raw.error() is None:
                self._read = (raw.offset() or 0) + 1
        return self._read >= self._count

    def close(self) -> None:
        self._consumer.close()


@dataclass(frozen=True, slots=True)
class _Mark:
    """When a batch came into the topic, and at which message it begins."""

    at_s: float
    first: int
    cpu_s: float


def _watch(engine: str, child: Child, end: _End, count: int) -> Turn:
    """The rate from batch to batch: what came before the first and with the last does not count."""
    process, deadline = psutil.Process(child.pid), time.monotonic() + LONGEST_S
    marks: list[_Mark] = []
    while True:
        told, now = end.told(), time.monotonic()
        if told >= count * WARM_SHARE and (not marks or told > marks[-1].first):
            marks.append(_Mark(now, told, _cpu_s(process)))
        if end.all_there(told):
            break
        if child.returncode is not None or now > deadline:
            how = "ended by itself" if child.returncode is not None else f"was not done after {LONGEST_S:g} s"
            raise BenchFailed(f"{engine} {how}, at {told:,} of {count:,} reads; its log ends: {child.log_tail()}")
        time.sleep(LOOK_EVERY_S)
    if len(marks) < 3 or marks[-1].first - marks[0].first < count // 4:
        raise BenchFailed(f"{engine} was done before it could be timed: give more --reads")
    timed = marks[-1].first - marks[0].first
    used, seconds = marks[-1].cpu_s - marks[0].cpu_s, marks[-1].at_s - marks[0].at_s
    return Turn(timed / seconds, used / timed * 1e6, process.memory_info().rss / 1e6)


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def put_out(kafka: KafkaConfig, topic: str, expected: Mapping[bytes, bytes]) -> str:
    """What is wrong with the messages of a topic; empty: each expected one is there, once, and no other.

    expected: value → key.
    """
    consumer, missing, wrong = (
        consumer_client(kafka, "bench-peers-check", **{"enable.partition.eof": True}),
        dict(expected),
        0,
    )
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        for key, value in _messages(consumer, topic):
            wrong += missing.pop(value, None) != key
    finally:
        consumer.close()
    return f"{len(missing):,} of {len(expected):,} missing, {wrong:,} wrong or twice" if missing or wrong else ""


def _messages(consumer: Consumer, topic: str) -> Iterator[tuple[bytes, bytes]]:
    """To the end of the topic, which the consumer is told of as an event."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        for raw in consumer.consume(10_000, 1.0):
            if at_end(raw):
                return
            if raw.error() is None:
                yield raw.key() or b"", raw.value() or b""
    raise BenchFailed(f"the broker does not tell where {topic} ends")


def task_for(task: Task, engine: str, number: int) -> Task:
    """The same task with a group and a topic of its own."""
    name = f"bench-{engine}-{number}"
    return replace(task, group=name, target=name)


def this_python() -> Path:
    """Of this program."""
    return Path(sys.executable)
