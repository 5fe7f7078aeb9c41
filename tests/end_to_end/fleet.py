"""Workers of some flows, each a process of its own, as members of their groups on a broker of their own; no store."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anpr.chaos.facts import Latest
from anpr.chaos.log import batches_of, partitions_of
from anpr.chaos.traffic import Traffic, references
from anpr.chaos.truth import Truth, add_hit, add_passage
from anpr.embedded.child import Child, start_child, wait_ready
from anpr.embedded.forking import start_anpr
from anpr.platform import create_topics
from anpr.registering import register
from anpr.settings import Settings, resolve
from anpr.wiring import drain_order
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain
from pipeline.runtime.kafka import KafkaConfig
from tests.anpr.program import ROOT

__all__ = ["Fleet", "assert_whole", "messages", "ready_fleet"]

START_S, END_S, DRAIN_S = 60.0, 30.0, 60.0
FLOWS = ("consolidate", "match")
Program = tuple[str, ...]
"""Module and words that start a worker; its flow follows."""
THIS: Program = ("anpr", "worker")


@dataclass(slots=True)
class Fleet:
    """Workers by name: the flow, a dash, and what tells it from the others."""

    settings: Settings
    workers: dict[str, Child] = field(default_factory=dict)

    def start(self, names: Sequence[str], program: Program = THIS, *, static: bool = True) -> None:
        """Returns when all are ready. static: its partitions wait for a successor of the same name."""
        for name in names:
            self.workers[name] = self._start(name, program, {"ANPR_KAFKA_INSTANCE": name} if static else {})
        for name in names:
            wait_ready(self.workers[name], self._ready(name).exists, timeout_s=START_S)

    def _start(self, name: str, program: Program, instance: dict[str, str]) -> Child:
        self._ready(name).unlink(missing_ok=True)
        words = (*program[1:], name.partition("-")[0], "--ready-file", str(self._ready(name)))
        log = self.settings.data_dir / f"{name}.log"
        environ = self.settings.environment() | instance | {"PYTHONPATH": str(ROOT)}
        if program is THIS:
            return start_anpr(name, words, log, environ=environ)
        return start_child(name, [sys.executable, "-m", program[0], *words], log, environ=environ)

    def _ready(self, name: str) -> Path:
        return self.settings.data_dir / f"{name}.ready"

    def end(self, name: str) -> None:
        """In order."""
        worker = self.workers.pop(name)
        worker.stop(END_S)
        assert worker.returncode == 0, worker.log_tail()

    def assert_alive(self) -> None:
        """Nobody has ended by itself."""
        ended = {name: worker.log_tail() for name, worker in self.workers.items() if worker.returncode is not None}
        assert not ended

    def tend(self) -> None:
        """As a supervisor: who has ended is started again. It ends where its group has shut it out."""
        for name in [name for name, worker in self.workers.items() if worker.returncode is not None]:
            self.start([name])

    def work_off(self, *, tended: bool = False) -> None:
        """Until nothing is left to do. tended: workers may end on the way, and are started again."""
        look = self.tend if tended else self.assert_alive
        drain = Drain(self.settings.kafka(), SystemClock())
        drain.wait(drain_order(FLOWS, self.settings), DRAIN_S, lambda _group, _left: look())
        drain.close()

    def stop(self) -> None:
        """All of them, at once."""
        for worker in self.workers.values():
            worker.kill()


def ready_fleet(
    bootstrap: str, folder: Path, names: Sequence[str], partitions: int, copies: int = 1
) -> Iterator[Fleet]:
    """Topics, references and these workers, on brokers that nobody else uses."""
    settings = resolve(
        {},
        data_dir=folder,
        kafka_bootstrap=bootstrap,
        kafka_assignment="group",
        topics_max_partitions=partitions,
        topics_replication=copies,
    )
    folder.mkdir()
    create_topics(settings)
    register(settings.kafka(), references(datetime.now(UTC)))
    fleet = Fleet(settings)
    try:
        fleet.start(names)
        yield fleet
    finally:
        fleet.stop()


def messages(kafka: KafkaConfig, topic: str) -> Iterator[bytes]:
    """All of a topic."""
    for partition in partitions_of(kafka, topic):
        for batch in batches_of(kafka, topic, partition):
            yield from (message.value for message in batch)


def assert_whole(kafka: KafkaConfig, traffic: Traffic, as_written: Callable[[bytes], bytes] = bytes) -> None:
    """Every fact is there, once, as one uninterrupted run of this program tells it.

    as_written: a message as this program would have written it.
    """
    truth = Truth(datetime.now(UTC))
    reads = sum(truth.add(number, batches_of(kafka, "reads", number)) for number in partitions_of(kafka, "reads"))
    truth.conclude()
    assert (reads, traffic.acknowledged.refused) == (len(traffic.acknowledged), [])
    _assert_same(truth.passages, _told(kafka, "passages", add_passage, as_written))
    _assert_same(truth.hits, _told(kafka, "hits", add_hit, as_written))
    assert list(messages(kafka, "dead-letters")) == []


def _told(
    kafka: KafkaConfig, topic: str, add: Callable[[Latest, bytes], Any], as_written: Callable[[bytes], bytes]
) -> Latest:
    found = Latest()
    for value in messages(kafka, topic):
        add(found, as_written(value))
    return found


def _assert_same(truth: Latest, found: Latest) -> None:
    wanted, there = truth.holding(), found.holding()
    assert wanted
    assert found.contradictions == 0
    assert (wanted.keys() - there.keys(), there.keys() - wanted.keys()) == (set(), set())
    assert wanted == there
