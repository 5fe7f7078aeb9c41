"""The job of the peers, and that a user's own libraries do it too: a short real turn of two of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from anpr.bench.peers.bench import ENGINES, PeersBench
from anpr.bench.peers.environment import quix_python
from anpr.bench.peers.job import Job
from anpr.settings import SettingsFault
from replay.bulk import ReadFactory, vehicle_plate

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "listed").write_text("\n".join(vehicle_plate(number)[0].decode() for number in range(1_000)))
    return Job(tmp_path / "listed")


def test_every_read_has_its_answer(job: Job) -> None:
    factory = ReadFactory(["one", "two"], 10_000, 0.1, 1)
    answers = [(value, *job(value)) for _, value in factory.next_batch(2_000, NOW, NOW)]
    told = [json.loads(found) for _, _, found in answers]
    assert all(one["plate"].encode() == key for one, (_, key, _) in zip(told, answers, strict=True))
    assert {one["read_id"] for one in told} == {json.loads(value)["read_id"] for value, _, _ in answers}
    assert sum("entry" in one for one in told) == factory.listed_reads


def test_a_plate_is_normalised_before_it_is_looked_up(job: Job) -> None:
    plate = vehicle_plate(5)[0].decode()
    spelt = f"{plate[0]}-{plate[1:4].lower()} {plate[4:]}"
    value = msgspec.json.encode({"read_id": "r", "camera_id": "c", "captured_at": "t", "plate_raw": spelt})
    assert job.check(value).plate == plate
    assert job.check(value).entry == "entry-5"


def test_what_is_no_read_is_refused(job: Job) -> None:
    with pytest.raises(msgspec.DecodeError):
        job(b'{"read_id":')


@pytest.mark.parametrize("engines", [("faust",), ("ours", "spark"), ()])
def test_unknown_engines_and_none_of_ours_are_refused(engines: tuple[str, ...]) -> None:
    with pytest.raises(SettingsFault, match="ours must be among"):
        PeersBench(engines=engines).check()
    PeersBench(engines=ENGINES).check()


def test_a_python_without_the_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="no Python that has quixstreams"):
        quix_python(tmp_path / "python", print)


@pytest.mark.slow
def test_a_short_turn_of_ours_and_two_others(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "anpr", "--data-dir", str(tmp_path), "bench", "peers", "--json"]
    command += ["--reads", "40000", "--rounds", "1", "--engines", "ours,aiokafka,faust"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["reads_per_s"].keys() == {"ours", "aiokafka", "faust"}
    assert all(rate > 100 for rate in result["reads_per_s"].values())
    assert result["ours_times_less_cpu"]["faust"]["median"] > 5
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"
