"""Runs the program as a user does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from tests.anpr.forked import run_forked

ROOT = Path(__file__).parents[2]
DEADLINE_S = 90.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The last line of standard output, which must be one JSON object."""
        found = json.loads(self.out.splitlines()[-1])
        assert isinstance(found, dict)
        return found

    def assert_clear(self, *words: str) -> None:
        """It failed with one sentence that holds these words, and without a traceback."""
        assert self.code not in (0, None), self.out
        assert "Traceback" not in self.err
        assert self.out == ""
        said = [line for line in self.err.splitlines() if line.startswith("anpr: ")]
        assert len(said) == 1, self.err
        for word in words:
            assert word in said[0]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Variables of a program on this data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANPR_")}
    ours = {f"ANPR_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(ROOT), "ANPR_DATA_DIR": str(folder), "COLUMNS": "200", **ours}


def command(*words: str) -> list[str]:
    """The program's command line."""
    return [sys.executable, "-m", "anpr", *words]


def anpr(folder: Path, *words: str, stdin: str = "", timeout_s: float = DEADLINE_S, **settings: str) -> Ran:
    """Run a command to its end in the folder above its data folder."""
    with TemporaryDirectory() as beside:
        streams = [Path(beside) / name for name in ("in", "out", "err")]
        for stream in streams:
            stream.write_text(stdin if stream.name == "in" else "")
        code = run_forked(words, environment(folder, **settings), folder.parent, streams, timeout_s)
        return Ran(code, streams[1].read_text(), streams[2].read_text())


def start(folder: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    """Begin a command; its output goes to `out` and `err` beside the data folder."""
    number = len(list(folder.parent.glob("out.*")))
    out, err = folder.parent / f"out.{number}", folder.parent / f"err.{number}"
    with out.open("w") as stdout, err.open("w") as stderr:
        return subprocess.Popen(
            command(*words),
            env=environment(folder, **settings),
            cwd=folder.parent,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
        )


class Serving:
    """Processes of the program that answer over HTTP, one after the other on one data folder and port."""

    folder: Path
    process: subprocess.Popen[str] | None
    port: int
    ends_within_s: ClassVar[float]

    def begin(self, word: str, **settings: str) -> None:
        """Start the program's command `word` and wait until it serves."""
        ready = self.folder.parent / f"ready.{uuid.uuid4().hex}"
        words = (word, "--port", str(self.port), "--ready-file", str(ready))
        self.process = start(self.folder, *words, **settings)
        wait_until(lambda: ready.exists() or self.ended(), what=f"{word} serves")
        assert ready.exists(), self.said()
        self.port = json.loads(ready.read_text())["port"]

    def ended(self) -> bool:
        """Whether it has."""
        return self.process is not None and self.process.poll() is not None

    def said(self) -> str:
        """What these processes wrote."""
        return "\n".join(path.read_text() for path in sorted(self.folder.parent.glob("err.*")))

    def stop(self) -> int:
        """End it in order; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(self.ends_within_s)
        self.process = None
        return code

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"


def wait_until(true: Callable[[], object], *, what: str, timeout_s: float = DEADLINE_S) -> None:
    """Look until it is so. Raises TimeoutError."""
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s:g} s: {what}")
        time.sleep(0.02)


def running(folder: Path) -> Mapping[str, Any]:
    """What the data folder says of the platform that runs on it; empty: none."""
    path = folder / "running.json"
    try:
        return dict(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError):
        return {}
