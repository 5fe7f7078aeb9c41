"""The pipeline benchmark for real, short: what it tells, and that its end by signal leaves nothing behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from anpr.bench.records.record import load

START_S = 60.0


def _command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "anpr", "--data-dir", str(folder / "data"), "bench", "pipeline", *words]


SMALL = ("--vehicles", "2000", "--entries", "500", "--history", "20000")


@pytest.mark.slow
def test_a_short_run_tells_all_and_loses_nothing(tmp_path: Path) -> None:
    words = ("--seconds", "4", "--rate", "500", *SMALL, "--json", "--record", str(tmp_path / "record.json"))
    done = subprocess.run(_command(tmp_path, *words), capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    broken = ("lost", "duplicated", "hits_missing", "verdicts_missing", "restarts")
    assert {name: result[name] for name in broken} == dict.fromkeys(broken, 0)
    assert result["reads"] > 1_500
    assert result["read_to_hit_ms"]["hits"] > 20
    found = result["read_to_searchable_ms"]
    assert found["never"] == 0
    assert found["samples"] > 100
    assert 0 < found["p50"] <= found["p99"] <= found["p999"]
    assert result["at_rates"]["500"]["offered_per_s"] > 400
    assert len(result["lez_verdicts_by_kind"]) > 1, "the register is asked"
    assert load(tmp_path / "record.json").figures["reads"] == result["reads"]
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.slow
def test_ended_by_signal_it_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    command = _command(tmp_path, "--seconds", "30", *SMALL)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as bench:
        try:
            _await_line(bench, "sustained rate")
            started = psutil.Process(bench.pid).children(recursive=True)
            assert len(started) >= 7, "workers, broker and store run"
            bench.send_signal(signal.SIGTERM)
            assert bench.wait(40) == 143
        finally:
            bench.kill()
    _, alive = psutil.wait_procs(started, timeout=5)
    assert alive == []
    assert list((tmp_path / "data").iterdir()) == []


def _await_line(bench: subprocess.Popen[str], text: str) -> None:
    deadline = time.monotonic() + START_S
    assert bench.stderr is not None
    for line in bench.stderr:
        if text in line:
            return
        assert time.monotonic() < deadline, f"{text} was not said"
    raise AssertionError(f"it ended before it said {text}")
