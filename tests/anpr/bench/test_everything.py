"""`anpr bench all`: each benchmark in a process of its own, and one that fails does not stop the others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from anpr.bench.records.record import load
from anpr.cli.bench.everything import QUICK, USUAL

SMALL = 'QUICK = (("search", "--officers", "0"), ("vision", "--pictures", "5", "--engines", "anpr"))'


def test_all_means_all() -> None:
    names = {"pipeline", "peers", "match", "lez", "store", "search", "vision"}
    assert {words[0] for words in QUICK} == names
    assert {words[0] for words in USUAL} == names


@pytest.mark.slow
def test_one_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    program = f"from anpr.cli.bench import everything\neverything.{SMALL}\nfrom anpr.cli import main\nmain()"
    command = [sys.executable, "-c", program, "--data-dir", str(tmp_path / "data"), "bench", "all", "--quick"]
    command += ["--results", str(tmp_path / "results"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 1
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["failed"] == ["anpr bench search --officers 0"]
    (record,) = told["records"]
    assert load(Path(record)).name == "vision"
    assert "write 1,4,16" in done.stderr, "why it failed"
