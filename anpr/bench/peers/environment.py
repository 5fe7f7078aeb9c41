"""A Python that has Quix Streams: it asks for an older Kafka client than ours, so it gets an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from anpr.embedded.kafka_jars import jar_cache
from anpr.settings import SettingsFault

__all__ = ["QUIXSTREAMS", "quix_python", "versions_in"]

QUIXSTREAMS = "3.28.1"
WANTED = (f"quixstreams=={QUIXSTREAMS}", "msgspec==0.22.0")
INSTALL_S, ANSWER_S = 600, 120
_ASK = (
    "import json, sys\nfrom importlib.metadata import version\n"
    "print(json.dumps({name: version(name) for name in sys.argv[1:]}))"
)


def quix_python(given: Path | None, say: Callable[[str], None]) -> Path:
    """The interpreter that was named, or the one of an environment in the user's cache, made the first time.

    Raises SettingsFault where it cannot be made or lacks the library.
    """
    if given is not None:
        if not _has_it(given):
            raise SettingsFault(f"--quixstreams {given} is no Python that has quixstreams and msgspec")
        return given
    folder = jar_cache() / f"quixstreams-{QUIXSTREAMS}"
    python = folder / "bin" / "python"
    if not _has_it(python):
        say(f"making an environment with quixstreams {QUIXSTREAMS} in {folder}, once")
        _make(folder, python)
    return python


def _has_it(python: Path) -> bool:
    if not python.exists():
        return False
    command = [str(python), "-c", "import quixstreams, msgspec"]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=ANSWER_S).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _make(folder: Path, python: Path) -> None:
    commands = (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *WANTED],
    )
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise _no_environment(str(error)) from error
        if done.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            raise _no_environment((done.stderr.strip() or "no reason given").splitlines()[-1])


def _no_environment(reason: str) -> SettingsFault:
    return SettingsFault(
        f"no environment with quixstreams could be made ({reason}): name a Python that has it with --quixstreams, or "
        "leave it out with --engines ours,faust,aiokafka"
    )


def versions_in(python: Path, *packages: str) -> str:
    """JSON of package → version there. Raises CalledProcessError."""
    command = [str(python), "-c", _ASK, *packages]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=ANSWER_S).stdout
