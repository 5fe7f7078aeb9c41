"""The platform: joined by a second command, left alone by a third, ended with its parent."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from anpr.embedded.child import ChildError
from anpr.platform import Platform, PlatformFault, _claim_store, _join, open_platform
from anpr.settings import Settings, resolve
from tests.anpr.program import anpr, environment, running, wait_until

WORKERS = ("match", "judge")
HOLDS_ONE = """
import os, sys
from anpr.platform import open_platform
from anpr.settings import resolve
with open_platform(resolve(os.environ), workers=("match", "judge")) as platform:
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A platform on the folder, held by another process."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS_ONE],
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == "up\n"
        yield holder


@pytest.fixture
def settings(folder: Path) -> Settings:
    """Settings of a program on the folder."""
    return resolve({}, data_dir=folder)


@pytest.mark.slow
def test_a_platform_is_joined_left_running_and_ends_with_its_parent(folder: Path, settings: Settings) -> None:
    with _held(folder) as holder:
        note = running(folder)
        assert note["pid"] == holder.pid
        assert stat.S_IMODE((folder / "running.json").stat().st_mode) == 0o600
        assert note["environment"]["ANPR_STORE_DSN"].count("@") == 1
        with open_platform(settings, workers=WORKERS) as joined:
            assert joined.joined
            assert joined.processes() == {}
            assert joined.tend() == []
            assert joined.settings.kafka_bootstrap == note["environment"]["ANPR_KAFKA_BOOTSTRAP"]
            assert joined.settings.dsn() == note["environment"]["ANPR_STORE_DSN"]
        assert anpr(folder, "store", "sql", "SELECT 1 AS a", "--json").json == {"rows": [{"a": 1}]}
        assert running(folder) == note
        children = [psutil.Process(pid) for pid in note["workers"].values()]
        assert len(children) == len(WORKERS) + 2
        with open_platform(settings) as joined:
            holder.send_signal(signal.SIGKILL)
            holder.wait(10)
            with pytest.raises(PlatformFault, match="has ended: run the command again"):
                joined.tend()
        assert psutil.wait_procs(children, timeout=30)[1] == []
    assert running(folder) == note  # stale: nobody was left to take it away
    with open_platform(settings, broker="none") as own:
        assert not own.joined
    assert running(folder) == note


@pytest.mark.slow
def test_a_command_on_other_addresses_leaves_the_note_of_the_platform_alone(folder: Path, settings: Settings) -> None:
    """It neither joins nor owns what runs on its data folder."""
    note = {"pid": os.getpid(), "started": psutil.Process().create_time(), "environment": {}, "workers": {}}
    folder.mkdir()
    (folder / "running.json").write_text(json.dumps(note))
    with open_platform(settings, broker="none") as own:
        other = settings.model_copy(update={"store_dsn": own.settings.store_dsn})
        with open_platform(other, broker="none") as second:
            assert (second.joined, second.store) == (False, None)
    assert running(folder) == note


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "{}",
        '{"pid": "x"}',
        '{"pid": 1, "started": 0}',
        '{"pid": 999999999, "started": 1}',
    ],
)
def test_a_note_that_says_nothing_true_is_ignored(text: str, folder: Path, settings: Settings) -> None:
    folder.mkdir()
    (folder / "running.json").write_text(text)
    platform = Platform(settings)
    assert _join(platform) is False
    assert platform.settings == settings


def test_a_broker_without_a_store_is_refused_before_anything_starts(folder: Path) -> None:
    settings = resolve({}, data_dir=folder, kafka_bootstrap="127.0.0.1:1")
    with pytest.raises(PlatformFault, match="set ANPR_STORE_DSN too"), open_platform(settings):
        raise AssertionError("it was opened")
    assert not folder.exists()


@pytest.mark.slow
def test_a_worker_that_is_killed_is_started_again_even_twice(settings: Settings) -> None:
    with open_platform(settings, workers=("match",)) as platform:
        for times in (1, 2):
            before = platform.processes()
            os.kill(before["match"], signal.SIGKILL)
            wait_until(lambda: platform.workers["match"].returncode is not None, what="the kill")
            assert platform.tend() == ["worker match ended with -9; started again"]
            after = platform.processes()
            assert after["match"] != before["match"]
            assert after["broker"] == before["broker"]
            assert platform.restarts == times
        assert set(platform.rss_mb()) == set(platform.cpu_s()) == {"match", "broker", "clickhouse"}


@pytest.mark.slow
def test_a_part_that_has_ended_ends_the_command_with_words(folder: Path, settings: Settings) -> None:
    with open_platform(settings, workers=()) as platform:
        assert platform.broker is not None
        platform.broker.kill()
        with pytest.raises(PlatformFault, match="the embedded broker has ended"):
            platform.tend()
    assert not (folder / "running.json").exists()


def _taken_by(monkeypatch: pytest.MonkeyPatch, *holders: str) -> list[str]:
    """The store's folder belongs to these processes, one after the other, and is free then; who is left to come."""
    left = list(holders)

    def start(platform: Platform) -> None:
        if left:
            raise ChildError(f"The store folder is in use by process {left.pop(0)}: wait")
        platform.settings = platform.settings.model_copy(update={"store_dsn": "http://127.0.0.1:1/x"})

    monkeypatch.setattr("anpr.platform._start_store", start)
    monkeypatch.setattr("anpr.platform.FOLDER_WAIT_S", 0.0)
    return left


def test_a_queue_for_the_folder_that_moves_is_not_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    left = _taken_by(monkeypatch, "11", "12", "13")
    said: list[str] = []
    _claim_store(Platform(settings), said.append)
    assert left == []
    assert said == ["starting the embedded store", "another anpr works on this data folder: waiting for it"]


def test_one_who_keeps_the_folder_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    left = _taken_by(monkeypatch, "11", "12", "12", "13")
    with pytest.raises(PlatformFault, match="its store is process 12"):
        _claim_store(Platform(settings), lambda _: None)
    assert left == ["13"]
