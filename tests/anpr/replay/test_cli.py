"""`anpr replay …` from outside: errors in one sentence, files whole or not at all, interrupted in order."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import Producer

from anpr.cli import USAGE
from anpr.cli.app import app
from anpr.embedded.broker import start_broker
from anpr.embedded.child import free_port
from replay.recording.format import Recorded, SimulatedRun
from replay.recording.reader import Recording
from replay.recording.writer import RecordingWriter
from replay.truth import write_truth
from tests.anpr.program import anpr, start, wait_until

NOW = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
READ = b'{"read_id":"00000000-0000-4000-8000-000000000001","camera_id":"cam-1","received_at":"2026-11-26T05:00:00Z"}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="module")
def data(folder: Path) -> Path:
    return folder / "data"


@pytest.fixture(scope="module")
def recording(folder: Path) -> Path:
    """Ten reads and a hit that follows from them."""
    logs = {"reads": "cluster/1", "hits": "cluster/2", "passages": "cluster/3"}
    path = folder / "run.parquet"
    with RecordingWriter(path, logs, SimulatedRun(seed=7, parameters={})) as writer:
        for number in range(10):
            writer.add(Recorded("reads", 0, number, 1_000 + number, b"cam-1", READ))
        writer.add(Recorded("passages", 0, 0, 2_000, b"1ABC234", b"{}"))
        writer.add(Recorded("hits", 0, 0, 3_000, b"1ABC234", b"{}"))
        writer.finish(NOW)
    return path


@pytest.fixture(scope="module")
def kafka(folder: Path, data: Path) -> Iterator[dict[str, str]]:
    """Settings that name a broker with our topics."""
    broker = start_broker(log_path=folder / "broker.log")
    named = {"kafka_bootstrap": broker.bootstrap, "kafka_assignment": "static", "topics_max_partitions": "1"}
    made = anpr(data, "topics", "create", "--replication", "1", **named)
    assert made.code == 0, made.err
    yield named
    broker.kill()


def refused(data: Path, *words: str) -> str:
    """What the command says when it is asked wrongly: an error that the program tells with exit code 2."""
    error: ValueError | None = None
    try:
        app(["--data-dir", str(data), "replay", *words], standalone_mode=False)
    except ValueError as told:
        error = told
    assert error is not None, "it was not refused"
    assert f"{type(error).__module__}.{type(error).__qualname__}" in USAGE
    return str(error)


def test_bad_input_is_told_in_a_sentence(recording: Path, data: Path, folder: Path) -> None:
    cut, out = folder / "cut.parquet", folder / "x.parquet"
    cut.write_bytes(recording.read_bytes()[:-30])
    (folder / "there").mkdir()
    file = str(recording)
    assert "cut.parquet was cut short" in refused(data, "play", str(cut))
    assert "does not exist" in refused(data, "info", str(folder / "none.parquet"))
    assert "does not hold the topic frames" in refused(data, "play", file, "--topics", "frames")
    assert "--speed soon is no speed" in refused(data, "play", file, "--speed", "soon")
    assert "the recording has 12 messages" in refused(data, "play", file, "--from-message", "13")
    assert "--overwrite" in refused(data, "record", "reads", "--out", file)
    assert "no broker runs on" in refused(data, "record", "reads", "--out", str(out))
    assert "no topic raeds" in refused(data, "record", "raeds", "--out", str(out))
    assert "before it begins" in refused(
        data, "record", "reads", "--out", str(out), "--from", "2026-11-25", "--until", "2026-11-01"
    )
    assert "is not text" in refused(data, "score", "--truth", file)
    truth = folder / "truth.jsonl"
    write_truth(truth, 8, {}, [])
    assert "seed 8" in refused(data, "score", "--truth", str(truth), "--recording", file), "the recording is of seed 7"
    assert "seed 8" in refused(data, "score", "--truth", str(truth), "--seed", "9")
    assert "is there already" in refused(data, "render", str(folder / "there"))
    assert "rain" in refused(data, "render", str(folder / "d"), "--conditions", "snow")
    assert not out.exists()


def test_what_a_recording_holds(recording: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*words: str) -> str:
        app(["--data-dir", str(data), "replay", *words], standalone_mode=False)
        return capsys.readouterr().out

    described = json.loads(told("info", str(recording), "--check", "--json"))
    assert (described["messages"], described["cameras"], described["simulated"]["seed"]) == (12, ["cam-1"], 7)
    assert "no vehicle in it is real" in told("info", str(recording))
    plan = json.loads(told("play", str(recording), "--dry-run", "--json"))
    assert plan == {"would_play": {"reads": 10}, "left_out": ["hits", "passages"]}


@pytest.mark.slow
def test_a_broker_that_is_not_there_is_told(data: Path, folder: Path) -> None:
    nobody = {"kafka_bootstrap": f"127.0.0.1:{free_port()}", "kafka_assignment": "static"}
    done = anpr(data, "replay", "record", "reads", "--out", str(folder / "y.parquet"), **nobody)
    done.assert_clear("no broker answers")
    assert not list(folder.glob("y.parquet*"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_following_ends_when_told_to_with_a_whole_file(
    kafka: dict[str, str], data: Path, folder: Path, number: signal.Signals
) -> None:
    out = folder / f"followed-{number.name}.parquet"
    recorder = start(data, "replay", "record", "reads", "cameras", "--follow", "--out", str(out), **kafka)
    wait_until(out.with_name(out.name + ".partial").exists, what="the recording to begin")
    producer = Producer({"bootstrap.servers": kafka["kafka_bootstrap"]})
    for _ in range(20):
        producer.produce("reads", READ, b"cam-1")
    assert producer.flush(30) == 0
    recorder.send_signal(number)
    assert recorder.wait(30) == 0, sorted(folder.glob("err.*"))[-1].read_text()
    assert Recording(out).info.messages >= 20, "what was there when it was told to stop"
    assert not list(folder.glob("*.partial"))


@pytest.mark.slow
def test_recording_what_is_there_and_a_span_of_it(kafka: dict[str, str], data: Path, folder: Path) -> None:
    out = folder / "there.parquet"
    done = anpr(data, "replay", "record", "reads", "--out", str(out), "--seed", "9", "--json", **kafka)
    assert done.code == 0, done.err
    assert done.json["messages"] == Recording(out).info.messages >= 20
    future = anpr(
        data, "replay", "record", "reads", "--out", str(out), "--overwrite", "--from", "2099-01-01", "--json", **kafka
    )
    assert future.json["messages"] == 0


@pytest.mark.slow
def test_pictures_are_drawn_whole_or_not_at_all(data: Path, folder: Path) -> None:
    done = anpr(data, "replay", "render", str(folder / "drawn"), "--frames", "3", "--conditions", "rain", "--json")
    assert done.json["frames"] == 3
    assert len(list((folder / "drawn").glob("*.jpg"))) == 3
    drawing = start(data, "replay", "render", str(folder / "many"), "--frames", "100000")
    try:
        wait_until((folder / "many.partial").exists, what="the first picture")
        drawing.send_signal(signal.SIGTERM)
        assert drawing.wait(30) == 130
    finally:
        drawing.kill()
        drawing.wait()
    assert not list(folder.glob("many*"))
