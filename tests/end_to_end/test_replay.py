"""A run recorded, played into another platform, played again, interrupted and gone on with: nothing is there twice."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anpr.cli.replay.play import _Asked, _look
from anpr.platform import Platform, open_platform
from anpr.registering import register
from anpr.replay.faults import ReplayRefused
from anpr.replay.play import PlayPlan
from anpr.replay.record import RecordPlan, record
from anpr.settings import Settings, resolve
from anpr.wiring import drain_order
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain
from pipeline.runtime.output import KafkaOutput
from replay.city import build_city
from replay.fleet import build_fleet
from replay.recording.format import SimulatedRun
from replay.recording.reader import Recording
from replay.recording.writer import RecordingWriter
from replay.traffic import Simulation
from replay.truth import write_truth
from schemas.read import Read
from sinks.clickhouse.client import connect
from tests.anpr.knowing import wait_until_known
from tests.anpr.program import anpr, start, wait_until
from tests.end_to_end.city import REFERENCES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

FLOWS = ("consolidate", "match", "judge", "cases", "store", "store-lez")
SEED, SECONDS = 11, 30
COUNTS = """SELECT
    (SELECT (count(), groupBitXor(cityHash64(passage_id, revision, plate, received_after_ms, late)))
        FROM passages FINAL),
    (SELECT (count(), groupBitXor(cityHash64(hit_id, revision, withdrawn))) FROM hits FINAL),
    (SELECT (count(), groupBitXor(cityHash64(plate, hit_ids))) FROM cases FINAL),
    (SELECT count() FROM dead_letters FINAL),
    (SELECT sum(n) FROM (SELECT uniqExactMerge(vehicles) AS n FROM camera_minutes GROUP BY camera_id, minute))"""
READ_ID = re.compile(rb'("read_id":")[0-9a-f]{4}')
DECIDE = """INSERT INTO notices SELECT * REPLACE (revision + 1 AS revision, 'approved' AS state, 'jans' AS decided_by)
    FROM notices LIMIT 1"""
"""Somebody approves a notice; of that a worker behind another broker knows nothing."""
VERDICTS = "SELECT count(), uniqExact(verdict_id) FROM verdicts_now"


def held(platform: Platform) -> tuple[object, ...]:
    """What the stores hold: counts and digests that would show any row more or another content."""
    police, lez = connect(platform.settings.dsn()), connect(platform.settings.lez())
    try:
        return (*police.query(COUNTS).result_rows[0], *lez.query(VERDICTS).result_rows[0])
    finally:
        police.close()
        lez.close()


def settle(platform: Platform) -> None:
    drain = Drain(platform.settings.kafka(), SystemClock())
    drain.wait(drain_order(FLOWS, platform.settings), 120, lambda _flow, _left: platform.tend())
    drain.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="module")
def recorded(folder: Path) -> tuple[Path, Path, tuple[object, ...]]:
    """A simulated minute through a platform: its recording, its truth, and what its stores held at the end."""
    begin = datetime.now(UTC) - timedelta(seconds=SECONDS + 5)
    city, fleet = build_city(SEED, 24, frame_cameras=0), build_fleet(SEED, begin, 2_000)
    simulation = Simulation(city, fleet, SEED, begin, 4.0)
    settings = resolve({}, data_dir=folder / "first")
    with open_platform(settings, workers=FLOWS) as platform:
        register(platform.settings.kafka(), [*city.cameras, *fleet.hotlist, *fleet.vehicles])
        known = {"cameras": len(city.cameras), "hotlist": len(fleet.hotlist), "vehicles": len(fleet.vehicles)}
        for flow in REFERENCES:
            wait_until_known(platform, flow, {topic: known[topic] for topic in REFERENCES[flow]})
        output = KafkaOutput(platform.settings.kafka())
        for seen in simulation.events(begin + timedelta(seconds=SECONDS)):
            if isinstance(seen.item, Read):
                value = seen.item.model_dump_json(exclude_defaults=True).encode()
                output.produce("reads", seen.item.camera_id.encode(), value, ())
        output.flush()
        settle(platform)
        path, truth = folder / "run.parquet", folder / "truth.jsonl"
        write_truth(truth, SEED, simulation.parameters, simulation.truth)
        plan = RecordPlan(
            ("cameras", "hotlist", "vehicles", "reads", "passages", "hits"),
            simulated=SimulatedRun(seed=SEED, parameters=dict(simulation.parameters)),
        )
        info = record(platform.settings.kafka(), plan, path, SystemClock(), lambda: False, lambda *_: None)
        assert info.messages > 300
        there = held(platform)
        assert all(count > 0 for count, _digest in there[:3]), "passages, hits, cases"  # type: ignore[misc]
        return path, truth, there


@pytest.fixture(scope="module")
def second(folder: Path) -> Iterator[Platform]:
    """A platform that has seen nothing yet; commands join it."""
    settings: Settings = resolve({}, data_dir=folder / "second")
    with open_platform(settings, workers=FLOWS) as platform:
        yield platform


def test_played_it_is_the_same_and_played_again_nothing_more(
    recorded: tuple[Path, Path, tuple[object, ...]], second: Platform
) -> None:
    path, truth, first = recorded
    data = second.settings.data_dir
    for _ in range(2):
        done = anpr(data, "replay", "play", str(path), "--speed", "max", "--json", timeout_s=200)
        assert done.code == 0, done.err
        assert done.json["complete"]
        assert set(done.json["topics"]) == {"cameras", "hotlist", "vehicles", "reads"}
        settle(second)
        assert held(second) == first
    score = anpr(data, "replay", "score", "--truth", str(truth), "--recording", str(path), "--json", timeout_s=100)
    assert score.code == 0, score.err
    passages, hits = score.json["passages"], score.json["hits"]
    assert passages["missing"] == passages["duplicates"] == passages["strange"] == 0
    assert passages["recall_of_readable"] > 0.98
    assert hits["recall"] in (1.0, None)
    assert score.json["in_order"] > 0.99
    assert score.json["latency"]["read_to_passage_ms"]["of"] > 100


def test_played_behind_another_broker_it_adds_nothing(
    recorded: tuple[Path, Path, tuple[object, ...]], folder: Path
) -> None:
    """Each command has a broker of its own, and with it a worker of cases that remembers nothing."""
    path, _, first = recorded
    settings = resolve({}, data_dir=folder / "third")
    for _ in range(2):
        done = anpr(settings.data_dir, "replay", "play", str(path), "--speed", "max", "--json", timeout_s=200)
        assert done.code == 0, done.err
        with open_platform(settings, broker="none") as platform:
            assert held(platform) == first
    with open_platform(settings, broker="none") as platform:
        connect(platform.settings.lez()).command(DECIDE)
    refused = anpr(settings.data_dir, "replay", "play", str(path), "--speed", "max", "--json", timeout_s=200)
    assert refused.code == 2
    assert "were decided by somebody" in refused.err


def test_interrupted_it_goes_on_where_it_was(
    recorded: tuple[Path, Path, tuple[object, ...]], second: Platform, folder: Path
) -> None:
    path, _, first = recorded
    data, total = second.settings.data_dir, len(Recording(path))
    playing = start(data, "replay", "play", str(path), "--speed", "0.5", "--topics", "reads", "--json")
    out, err = sorted(folder.glob("out.*"))[-1], sorted(folder.glob("err.*"))[-1]
    wait_until(lambda: "stay as they are" in err.read_text(), what="the look into the store")
    playing.send_signal(signal.SIGINT)
    assert playing.wait(60) == 130
    assert "goes on" in err.read_text()
    assert "Traceback" not in err.read_text()
    told = json.loads(out.read_text().splitlines()[-1])
    assert not told["complete"]
    assert told["next_message"] < total
    words = ("--from-message", str(told["next_message"]), "--topics", "reads", "--speed", "max", "--json")
    rest = anpr(data, "replay", "play", str(path), *words, timeout_s=100)
    assert rest.json["complete"]
    assert (
        told["messages"] + rest.json["messages"] == {t.topic: t.messages for t in Recording(path).info.topics}["reads"]
    )
    settle(second)
    assert held(second) == first


def test_a_truth_of_another_run_is_refused(
    recorded: tuple[Path, Path, tuple[object, ...]], second: Platform, folder: Path
) -> None:
    _, truth, _ = recorded
    data = second.settings.data_dir
    header, *rest = truth.read_text().splitlines()
    stranger = folder / "stranger.jsonl"
    other = [re.sub('"plate":"([A-Z0-9]+)"', lambda found: f'"plate":"{found[1][::-1]}"', line) for line in rest]
    stranger.write_text("\n".join([header.replace(f'"seed":{SEED}', '"seed":12'), *other]) + "\n")
    anpr(data, "replay", "score", "--truth", str(stranger), "--no-latency").assert_clear("truth of another run")


def test_what_could_not_be_told_apart_is_not_mixed(
    recorded: tuple[Path, Path, tuple[object, ...]], second: Platform, folder: Path
) -> None:
    path, _, first = recorded
    same_place = altered(path, folder / "other.parquet", lambda value: READ_ID.sub(rb"\g<1>f0f0", value))
    elsewhere = altered(path, folder / "away.parquet", lambda value: value.replace(b"bxl-", b"lie-"))
    for other, words in ((same_place, "nobody could tell them apart"), (elsewhere, "a simulation")):
        recording = Recording(other)
        asked = _Asked(recording, PlayPlan(("reads",)), into_used=False, wait=False, timeout_s=1)
        with pytest.raises(ReplayRefused, match=words):
            _look(second, asked)
        assert _look(second, replace(asked, into_used=True)) is not None
    assert held(second) == first


def altered(path: Path, out: Path, change: Callable[[bytes], bytes]) -> Path:
    """The recording with other reads."""
    recording = Recording(path)
    with RecordingWriter(out, {"reads": "another/1"}, recording.info.simulated) as writer:
        for message in recording.messages(["reads"]):
            writer.add(message._replace(value=change(message.value or b"")))
        writer.finish(datetime.now(UTC))
    return out
