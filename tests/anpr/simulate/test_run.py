"""Runs into a file: whole, the same from the same seed, and with the truth of what was sent, however it ends."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from anpr.simulate.plan import Simulated, SimulatePlan, SimulationRefused, start_of
from anpr.simulate.run import Ran, run_simulation
from anpr.simulate.targets import FileTarget, KafkaTarget
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig, admin_client
from replay.recording.reader import Recording
from replay.scenarios.asked import Asked
from replay.truth import TruthError, read_truth
from schemas.camera import Camera, PatrolPosition
from schemas.codec import decoder
from schemas.hotlist import HotlistEntry
from schemas.lez import Vehicle
from schemas.read import Read

START = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 26, 6, 0, 0, 250_000, tzinfo=UTC)
CONTRACTS = {"cameras": Camera, "hotlist": HotlistEntry, "patrols": PatrolPosition, "vehicles": Vehicle, "reads": Read}


def simulated(folder: Path, seed: int = 7, seconds: float = 60) -> Simulated:
    ways = {"kind": "stolen_car", "at_s": 1, "from": "sainctelette", "to": "hal"}
    asked = (Asked.model_validate(ways), Asked(kind="silent_camera"))
    return Simulated(SimulatePlan(300, seconds, seed, START, 20.0, None, asked, folder / "truth.jsonl", flat=True))


def into_file(folder: Path, *, stop_after: int = 1_000_000, seed: int = 7) -> tuple[Ran, Simulated]:
    run, asked = simulated(folder, seed), count()
    with FileTarget(folder / "run.parquet", seed, run.parameters) as file:
        ran = run_simulation(
            run, file, SystemClock(), lambda: next(asked) >= stop_after, lambda *_: None, vehicles=False
        )
        file.finish()
    return ran, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def done(folder: Path) -> tuple[Ran, Simulated]:
    return into_file(folder)


def test_a_run_has_cameras_lists_cars_patrols_and_reads(done: tuple[Ran, Simulated], folder: Path) -> None:
    ran, run = done
    recording = Recording(folder / "run.parquet")
    topics = Counter(message.topic for message in recording.messages())
    assert ran.complete
    assert dict(topics) == ran.sent
    assert set(topics) == set(CONTRACTS)
    for message in recording.messages():
        assert message.value is not None
        decoder(CONTRACTS[message.topic])(message.value)  # type: ignore[type-var]
    stamps = [message.timestamp_ms for message in recording.messages() if message.topic == "reads"]
    assert stamps == sorted(stamps)
    assert recording.info.simulated is not None
    assert recording.info.simulated.parameters == run.parameters


def test_the_truth_is_of_this_run(done: tuple[Ran, Simulated], folder: Path) -> None:
    ran, run = done
    truth = read_truth(folder / "truth.jsonl", seed=7, parameters=run.parameters)
    assert sum(one.seen for one in truth.passages) == ran.tally["passages"] > 300
    assert {one.kind for one in truth.scenarios} == {"stolen_car", "silent_camera"}
    with pytest.raises(TruthError, match="other parameters: scenarios"):
        read_truth(folder / "truth.jsonl", parameters={**run.parameters, "scenarios": ""})


def test_the_same_run_gives_the_same_messages(done: tuple[Ran, Simulated], folder: Path, tmp_path: Path) -> None:
    assert done
    into_file(tmp_path)
    first, second = (list(Recording(one / "run.parquet").messages()) for one in (folder, tmp_path))
    assert first == second
    assert (folder / "truth.jsonl").read_bytes() == (tmp_path / "truth.jsonl").read_bytes()


def test_a_run_that_is_stopped_leaves_the_truth_of_what_was_sent(tmp_path: Path) -> None:
    ran, run = into_file(tmp_path, stop_after=4)
    assert not ran.complete
    assert 0 < ran.seconds < 60
    truth = read_truth(tmp_path / "truth.jsonl", seed=7, parameters=run.parameters)
    assert sum(one.seen for one in truth.passages) == ran.tally["passages"] > 0
    reads = [one for one in Recording(tmp_path / "run.parquet").messages() if one.topic == "reads"]
    assert len(reads) == ran.tally["reads"]


def test_a_run_that_fails_leaves_no_file(tmp_path: Path) -> None:
    class Full(FileTarget):
        def put(self, *_: object) -> None:
            raise OSError(28, "No space left on device")

    run = simulated(tmp_path)
    with pytest.raises(OSError, match="No space left"), Full(tmp_path / "run.parquet", 7, run.parameters) as file:
        run_simulation(run, file, SystemClock(), lambda: False, lambda *_: None, vehicles=False)
    assert list(tmp_path.iterdir()) == []


def test_it_ends_now_unless_it_runs_in_real_time() -> None:
    whole = NOW.replace(microsecond=0)
    assert start_of(None, 60, 1, NOW) == whole
    assert start_of(None, 60, None, NOW) == whole - timedelta(seconds=60)
    assert start_of(START, 60, None, NOW) == START


@pytest.mark.parametrize(("after", "seconds", "speed"), [(timedelta(hours=1), 60, 1), (timedelta(0), 3600, 10.0)])
def test_a_run_into_the_future_is_refused(after: timedelta, seconds: float, speed: float) -> None:
    with pytest.raises(SimulationRefused, match="reads of the future are refused by the platform: --start 2026-11-26T"):
        start_of(NOW + after, seconds, speed, NOW)


def test_what_cannot_be_simulated_is_told(tmp_path: Path) -> None:
    with pytest.raises(SimulationRefused, match="24 to 20,000"):
        Simulated(SimulatePlan(10, 60, 7, START, 0, None))
    with pytest.raises(SimulationRefused, match="more vehicles than there are plates"):
        Simulated(SimulatePlan(450, 60, 7, START, 900_000, None, truth=tmp_path / "t"))


@pytest.mark.slow
def test_real_time_into_topics(tmp_path: Path) -> None:
    """Twenty times as fast, stopped halfway: the broker has what the truth tells."""
    from confluent_kafka import Consumer, TopicPartition

    from anpr.embedded.broker import start_broker
    from topics.admin import create
    from topics.spec import all_topics

    broker = start_broker(log_path=tmp_path / "broker.log")
    try:
        kafka = KafkaConfig(broker.bootstrap)
        create(admin_client(kafka), all_topics(), replication=1, max_partitions=1)
        plan = SimulatePlan(60, 60, 7, START, 20.0, 20.0, truth=tmp_path / "truth.jsonl", flat=True)
        asked = count()
        target = KafkaTarget(kafka, lambda: None)
        ran = run_simulation(
            Simulated(plan), target, SystemClock(), lambda: next(asked) > 60, lambda *_: None, vehicles=False
        )
        consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "look"})
        consumer.assign([TopicPartition("reads", 0, 0)])
        read = consumer.consume(ran.tally["reads"] + 1, timeout=5)
        consumer.close()
    finally:
        broker.kill()
    assert len(read) == ran.tally["reads"] > 0
    truth = read_truth(tmp_path / "truth.jsonl")
    assert sum(one.seen for one in truth.passages) == ran.tally["passages"]
