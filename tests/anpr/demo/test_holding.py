"""A demo that lives on does not grow: old messages and pictures go, and only those that may."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import OffsetSpec

from anpr.demo.holding import (
    FRAMES,
    KEPT,
    LOOK_EVERY,
    MESSAGES,
    PICTURES,
    READS,
    READS_EVERY,
    STATES,
    PicturesOf,
    ReadsOf,
    shorten,
    term_of,
)
from anpr.demo.publish import Publisher
from anpr.embedded.broker import start_broker
from anpr.embedded.store.launch import start_store
from pipeline.clones.memory import KEPT_SLICES, SLICE_MS
from pipeline.runtime.kafka import KafkaConfig, admin_client, producer_client
from replay.city import build_city
from replay.conditions import Conditions
from replay.fleet import build_fleet
from replay.traffic import Simulation
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from tests.anpr.program import wait_until
from topics.admin import create
from topics.spec import all_topics

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
CAMERA = "bxl-5339-001"


def test_what_a_starting_worker_reads_whole_stays() -> None:
    reference = {"cameras", "hotlist", "vehicles", "lez-passes", "lez-permits"}
    assert all(term_of(all_topics()[name]) is None for name in reference)


def test_everything_else_goes_within_hours() -> None:
    terms = {name: term_of(spec) for name, spec in all_topics().items() if name not in KEPT}
    assert terms["frames"] == FRAMES
    assert terms["patrols"] == terms["passages"] == MESSAGES
    assert terms["case-files"] == terms["lez-files"] == STATES
    assert all(term is not None and term <= STATES for term in terms.values())


def test_a_worker_that_starts_again_finds_what_it_looks_back_for() -> None:
    assert timedelta(milliseconds=(KEPT_SLICES + 1) * SLICE_MS) < MESSAGES


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaConfig]:
    """A broker with all our topics, whose terms may be changed."""
    broker = start_broker(log_path=tmp_path_factory.mktemp("broker") / "broker.log")
    kafka = KafkaConfig(broker.bootstrap)
    create(admin_client(kafka), all_topics(), max_partitions=1, replication=1)
    yield kafka
    broker.kill()


def _say(kafka: KafkaConfig, topic: str, age: timedelta) -> None:
    producer = producer_client(kafka)
    producer.produce(topic, b"x", b"key", timestamp=round((time.time() - age.total_seconds()) * 1000))
    assert producer.flush(10) == 0


def _first_held(admin: Any, topic: str) -> int:
    where = TopicPartition(topic, 0)
    return int(admin.list_offsets({where: OffsetSpec.earliest()})[where].result().offset)


def test_the_broker_lets_go_of_what_is_too_old_and_of_nothing_else(own_broker: KafkaConfig) -> None:
    admin, hour = admin_client(own_broker), timedelta(hours=1)
    for topic in ("passages", "lez-files", "hotlist"):
        _say(own_broker, topic, 7 * hour)
        _say(own_broker, topic, 2 * hour)
    assert _first_held(admin, "passages") == 0
    shorten(admin, all_topics())
    shorten(admin, all_topics())  # once more changes nothing
    wait_until(lambda: _first_held(admin, "passages") == _first_held(admin, "lez-files") == 1, what="the oldest to go")
    assert _first_held(admin, "hotlist") == 0


@pytest.mark.slow
@pytest.mark.parametrize("scored", [True, False])
def test_only_what_is_scored_is_remembered(scored: bool, own_broker: KafkaConfig) -> None:
    start = datetime.now(UTC)
    city, fleet = build_city(7, 8, frame_cameras=2), build_fleet(7, start, 1000)
    simulation = Simulation(city, fleet, 7, start, 8.0, conditions=Conditions(light="day"))
    publisher = Publisher(own_broker, simulation, 7, start + timedelta(seconds=6), scored=scored)
    publisher.start()
    wait_until(lambda: not publisher.running, what="the end of the traffic")
    publisher.stop()
    published = publisher.published
    assert published.counts["reads"] > 0
    assert published.counts["frames"] > 0
    held = [bool(one) for one in (published.track_of_read, published.plates_of_frame, simulation.truth)]
    assert held == [scored] * 3


def _picture(folder: Path, key: str, age: timedelta) -> Path:
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"jpeg")
    seconds = (NOW - age).timestamp()
    os.utime(path, (seconds, seconds))
    return path


def test_old_pictures_of_own_cameras_go_but_those_that_a_case_holds(tmp_path: Path) -> None:
    held = f"{CAMERA}/2026/11/26/held.jpg"
    old = _picture(tmp_path, f"{CAMERA}/2026/11/25/old.jpg", 2 * PICTURES)
    stay = [
        _picture(tmp_path, held, 2 * PICTURES),
        _picture(tmp_path, f"{CAMERA}/2026/11/26/new.jpg", PICTURES / 2),
        _picture(tmp_path, "gate-1/2026/11/25/ingested.jpg", 2 * PICTURES),
    ]
    pictures = PicturesOf(tmp_path, [CAMERA, "never-seen"], lambda: {held})
    assert pictures.tend(NOW) == 1
    assert not old.exists()
    assert all(path.exists() for path in stay)


def test_pictures_are_looked_at_now_and_then(tmp_path: Path) -> None:
    pictures = PicturesOf(tmp_path, [CAMERA], lambda: ())
    assert pictures.tend(NOW) == 0
    _picture(tmp_path, f"{CAMERA}/2026/11/25/old.jpg", 2 * PICTURES)
    assert pictures.tend(NOW + LOOK_EVERY / 2) == 0
    assert pictures.tend(NOW + LOOK_EVERY) == 1


@pytest.mark.slow  # a store of its own
def test_old_reads_go_now_and_then(tmp_path: Path) -> None:
    store = start_store(tmp_path / "store")
    client = connect(store.dsn)
    migrate(client)
    ages = {"old": 2 * READS, "new": READS / 2}
    rows = [[uuid4(), name, NOW - age, NOW - age] for name, age in ages.items()]
    client.insert("reads", rows, column_names=["read_id", "camera_id", "captured_at", "received_at"])

    def left() -> set[str]:
        return {row[0] for row in client.query("SELECT camera_id FROM reads").result_rows}

    reads = ReadsOf(client)
    reads.tend(NOW)
    wait_until(lambda: left() == {"new"}, what="the old one gone")
    reads.tend(NOW + READS_EVERY / 2)
    reads.tend(NOW + READS)
    wait_until(lambda: left() == set(), what="the other one gone, hours later")
    store.stop()
