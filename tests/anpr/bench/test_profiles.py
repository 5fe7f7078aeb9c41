"""Flame graphs of running programs: there, whole, or refused in a sentence."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from anpr.bench.profiles import Profiler, ProfileRefused
from anpr.embedded.child import start_child
from anpr.settings import SettingsFault

BUSY = """
import sys, time
def spin_until_the_end():
    end = time.monotonic() + 60
    while time.monotonic() < end:
        sum(range(1000))
print('runs', flush=True)
spin_until_the_end()
"""
with_py_spy = pytest.mark.skipif(
    not (Path(sys.executable).parent / "py-spy").exists() and shutil.which("py-spy") is None,
    reason="py-spy, of the extra bench, is not installed",
)


def test_without_py_spy_a_profile_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anpr.bench.profiles.shutil.which", lambda *_args, **_more: None)
    with pytest.raises(SettingsFault, match="needs py-spy"):
        Profiler(tmp_path / "profile")


@with_py_spy
@pytest.mark.slow
def test_a_running_program_is_drawn_or_that_is_refused(tmp_path: Path) -> None:
    child = start_child("busy", [sys.executable, "-c", BUSY], tmp_path / "busy.log")
    profiler = Profiler(tmp_path / "profile")
    try:
        while "runs" not in child.log_tail():
            assert child.returncode is None
            child.pause(0.05)
        profiler.start({"busy": child.pid}, tmp_path)
        child.pause(1.5)
        (file,) = profiler.finish()
        assert "spin_until_the_end" in file.read_text()
    except ProfileRefused as refused:
        assert "py-spy may not look into other processes" in str(refused)  # noqa: PT017 - depends on the machine
    finally:
        profiler.abandon()
        child.kill()
    assert not list((tmp_path / "profile").glob(".*")), "no half file"


@with_py_spy
@pytest.mark.slow
def test_a_program_that_has_ended_leaves_no_half_graph(tmp_path: Path) -> None:
    child = start_child("short", [sys.executable, "-c", "pass"], tmp_path / "short.log")
    child.pause(20)
    profiler = Profiler(tmp_path / "profile")
    profiler.start({"short": child.pid}, tmp_path)
    with pytest.raises(ProfileRefused, match="left no short"):
        profiler.finish()
    assert list((tmp_path / "profile").iterdir()) == []
