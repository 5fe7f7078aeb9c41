"""Two releases side by side in one consumer group, exchanged worker by worker under load: as if nothing had been.

The old one is the program as it is, the next one is `next_release.py`: the same with a changed contract.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from anpr.chaos.facts import Latest
from anpr.chaos.log import batches_of, partitions_of
from anpr.chaos.traffic import Traffic, references
from anpr.chaos.truth import Truth, add_hit, add_passage
from anpr.embedded.broker import start_broker
from anpr.embedded.child import Child, ChildError, start_child, wait_ready
from anpr.embedded.kafka import fetch_kafka_jars, jar_cache, start_kafka
from anpr.platform import create_topics
from anpr.registering import register
from anpr.settings import Settings, resolve
from anpr.topic_versions import look_at_versions
from anpr.wiring import drain_order
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain
from pipeline.runtime.kafka import KafkaConfig
from tests.anpr.program import ROOT, wait_until
from tests.end_to_end.next_release import ADDED, MADE_BY, as_this_release
from topics.spec import Topics, all_topics

WORKERS = ("consolidate-1", "consolidate-2", "match-1", "match-2")
PER_S, BETWEEN = 3_000, 9_000
"""Reads a second, and how many at least between two exchanges."""
START_S = 60.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def own_broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Bootstrap servers of a broker that nobody else uses: our topics have their own names."""
    if request.param == "embedded":
        broker = start_broker(log_path=tmp_path / "broker.log")
        yield broker.bootstrap
        broker.kill()
        return
    try:
        jars = fetch_kafka_jars(jar_cache())
    except ChildError as error:
        pytest.skip(f"no Apache Kafka: {error}")
    cluster = start_kafka(jars, tmp_path / "kafka")
    yield cluster.bootstrap
    cluster.kill()


@dataclass(slots=True)
class Fleet:
    """Workers by name, each of one release, all in the groups of their flows."""

    settings: Settings
    workers: dict[str, Child] = field(default_factory=dict)

    def start(self, names: Sequence[str], kind: str = "") -> None:
        """Of the next release where a kind of it is named; returns when all are ready."""
        for name in names:
            self.workers[name] = self._start(name, kind)
        for name in names:
            wait_ready(self.workers[name], self._ready(name).exists, timeout_s=START_S)

    def _start(self, name: str, kind: str) -> Child:
        self._ready(name).unlink(missing_ok=True)
        program = ["tests.end_to_end.next_release", kind] if kind else ["anpr", "worker"]
        return start_child(
            name,
            [sys.executable, "-m", *program, name.partition("-")[0], "--ready-file", str(self._ready(name))],
            self.settings.data_dir / f"{name}.log",
            environ=self.settings.environment() | {"ANPR_KAFKA_INSTANCE": name, "PYTHONPATH": str(ROOT)},
        )

    def _ready(self, name: str) -> Path:
        return self.settings.data_dir / f"{name}.ready"

    def exchange(self, name: str, kind: str) -> None:
        """End it in order, then start its successor under the same name."""
        self.workers[name].stop(30)
        assert self.workers[name].returncode == 0, self.workers[name].log_tail()
        self.start([name], kind)

    def stop(self) -> None:
        """All of them."""
        for worker in self.workers.values():
            worker.kill()


@pytest.fixture
def fleet(own_broker: str, tmp_path: Path) -> Iterator[Fleet]:
    """Two workers each of two flows, of the old release."""
    settings = resolve(
        {},
        data_dir=tmp_path / "data",
        kafka_bootstrap=own_broker,
        kafka_assignment="group",
        topics_max_partitions=4,
        topics_replication=1,
    )
    settings.data_dir.mkdir()
    create_topics(settings)
    register(settings.kafka(), references(datetime.now(UTC)))
    fleet = Fleet(settings)
    try:
        fleet.start(WORKERS)
        yield fleet
    finally:
        fleet.stop()


def _exchange_under_load(fleet: Fleet, order: Sequence[str], kind: str) -> Traffic:
    """One worker after the other, with traffic before, between and behind; returns when all is worked off."""
    traffic = Traffic(fleet.settings.kafka(), seed=3, rate_per_s=PER_S)
    traffic.start()
    _let_pass(traffic)
    for name in order:
        fleet.exchange(name, kind)
        _let_pass(traffic)
    traffic.finish()
    drain = Drain(fleet.settings.kafka(), SystemClock())
    drain.wait(drain_order(("consolidate", "match"), fleet.settings), 60, lambda _group, _left: _all_live(fleet))
    drain.close()
    return traffic


def _let_pass(traffic: Traffic) -> None:
    wanted = traffic.sent + BETWEEN
    wait_until(lambda: traffic.sent >= wanted, what=f"{BETWEEN} reads more")


def _all_live(fleet: Fleet) -> None:
    ended = {name: worker.log_tail() for name, worker in fleet.workers.items() if worker.returncode is not None}
    assert not ended


def _messages(kafka: KafkaConfig, topic: str) -> Iterator[bytes]:
    for partition in partitions_of(kafka, topic):
        for batch in batches_of(kafka, topic, partition):
            yield from (message.value for message in batch)


def _assert_whole(kafka: KafkaConfig, traffic: Traffic) -> None:
    """Every fact is there, once, as one uninterrupted run of this release tells it."""
    truth = Truth(datetime.now(UTC))
    reads = sum(truth.add(number, batches_of(kafka, "reads", number)) for number in partitions_of(kafka, "reads"))
    truth.conclude()
    assert (reads, traffic.acknowledged.refused) == (len(traffic.acknowledged), [])
    _assert_same(truth.passages, kafka, "passages", add_passage)
    _assert_same(truth.hits, kafka, "hits", add_hit)
    assert len(truth.passages.holding()) > BETWEEN
    assert list(_messages(kafka, "dead-letters")) == []


def _assert_same(truth: Latest, kafka: KafkaConfig, topic: str, add: Callable[[Latest, bytes], Any]) -> None:
    found = Latest()
    for value in _messages(kafka, topic):
        add(found, as_this_release(value))
    assert found.contradictions == 0
    wanted, there = truth.holding(), found.holding()
    assert (wanted.keys() - there.keys(), there.keys() - wanted.keys()) == (set(), set())
    assert wanted == there


def _pairs(kafka: KafkaConfig) -> Mapping[tuple[str, str], int]:
    """Release that told a passage, release that made a hit of it → hits."""
    by: dict[tuple[Any, ...], str] = {}
    for value in _messages(kafka, "passages"):
        told = msgspec.json.decode(value)
        by[told["passage_id"], told["plate"], told["revision"]] = "next" if ADDED in told else "old"
    hits = [msgspec.json.decode(value) for value in _messages(kafka, "hits")]
    return Counter(
        (by[hit["passage_id"], hit["plate"], hit["revision"]], "next" if MADE_BY in hit else "old") for hit in hits
    )


def test_a_field_comes_while_old_and_new_workers_share_their_groups(fleet: Fleet) -> None:
    """In any order: each release reads what the other one writes."""
    traffic = _exchange_under_load(fleet, ("consolidate-1", "match-1", "match-2", "consolidate-2"), "added")
    kafka = fleet.settings.kafka()
    _assert_whole(kafka, traffic)
    assert set(_pairs(kafka)) == {("old", "old"), ("next", "old"), ("old", "next"), ("next", "next")}


def test_a_version_comes_while_old_and_new_workers_share_their_groups(fleet: Fleet) -> None:
    """Readers first: the new ones read both versions, and nobody writes the new one before all do."""
    traffic = _exchange_under_load(fleet, ("match-1", "match-2", "consolidate-1", "consolidate-2"), "breaking")
    kafka = fleet.settings.kafka()
    _assert_whole(kafka, traffic)
    assert set(_pairs(kafka)) == {("old", "old"), ("old", "next"), ("next", "next")}
    (seen,) = look_at_versions(kafka, Topics({"passages": all_topics()["passages"]}), None)
    assert [(one.version, one.standing) for one in seen.seen] == [(1, "read"), (2, "not readable")]
    assert sum(one.messages for one in seen.seen) == seen.looked_at == seen.of
    assert not seen.readable
