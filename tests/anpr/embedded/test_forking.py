"""Programs that are forked from one that has their libraries live and end as if each had been started by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path

import psutil
import pytest

from anpr.embedded.child import Child, ChildError
from anpr.embedded.forking import start_anpr
from tests.anpr.program import ROOT, wait_until

pytestmark = pytest.mark.slow
STARTER = """
import os, sys
from pathlib import Path
from anpr.embedded.forking import start_anpr
child = start_anpr("one", ["worker", "match"], Path("one.log"), environ={"ANPR_KAFKA_BOOTSTRAP": "127.0.0.1:1"})
print(child.pid, flush=True)
sys.stdin.read()
"""
NOBODY = {"ANPR_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
"""Where no broker is: a worker waits for one until it is told to end."""


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Child]:
    """A worker that waits for its broker."""
    child = start_anpr("match", ["worker", "match"], tmp_path / "logs" / "match.log", environ=NOBODY)
    wait_until(lambda: b"waiting for the broker" in child.log_path.read_bytes(), what="it runs")
    yield child
    child.kill()


def test_it_has_its_own_session_and_environment(waiting: Child, tmp_path: Path) -> None:
    assert waiting.returncode is None
    assert os.getsid(waiting.pid) == waiting.pid
    assert psutil.Process(waiting.pid).name() == "anpr worker mat"
    other = start_anpr("other", ["worker", "match"], tmp_path / "other.log", environ={"ANPR_SERVICE_PORT": "many"})
    other.pause(30)
    assert other.returncode == 2
    assert "ANPR_SERVICE_PORT" in other.log_tail()


def test_it_ends_in_order_when_it_is_asked_to(waiting: Child) -> None:
    waiting.stop()
    assert waiting.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGUSR1])
def test_a_signal_that_ended_it_is_told(waiting: Child, number: signal.Signals) -> None:
    os.kill(waiting.pid, number)
    waiting.pause(30)
    assert waiting.returncode == -number


def test_what_it_cannot_do_is_told_by_its_exit_code_and_in_its_log(tmp_path: Path) -> None:
    child = start_anpr("nobody", ["worker", "nobody"], tmp_path / "log")
    child.pause(30)
    assert child.returncode == 2
    assert "no worker nobody; there are read, " in child.log_tail()
    with pytest.raises(ChildError, match="choose a folder that can be written"):
        start_anpr("nobody", ["worker", "nobody"], Path("/proc/none/log"))


def test_where_there_is_nothing_to_fork_from_it_starts_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(forkserver, "ensure_running", refuse)
    child = start_anpr("nobody", ["worker", "nobody"], tmp_path / "log")
    child.pause(30)
    assert child.returncode == 2
    assert "no worker nobody; there are read, " in child.log_tail()


def test_it_ends_with_who_started_it(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdin is not None
    assert starter.stdout is not None
    with starter.stdin, starter.stdout:
        child = psutil.Process(int(starter.stdout.readline()))
        family = [child, *child.parents()[:1]]
        starter.kill()
        starter.wait(10)
        assert psutil.wait_procs(family, timeout=30)[1] == []
