"""Flame graphs of running workers, drawn by py-spy from outside: the worker's own code is not touched.

py-spy stops a process for a fraction of a millisecond for each sample: figures of a profiled run are a few per cent
too bad, and the shares in the graph are what counts.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from anpr.embedded.child import Child, start_child
from anpr.settings import SettingsFault

__all__ = ["ProfileRefused", "Profiler", "Shape"]

Shape = Literal["flamegraph", "speedscope", "raw"]
ENDINGS: Mapping[str, str] = {"flamegraph": "svg", "speedscope": "speedscope.json", "raw": "folded"}
SAMPLES_PER_S = 200
WRITING_S = 60.0
TITLE = re.compile(r'(<text id="title"[^>]*>)[^<]*')


class ProfileRefused(RuntimeError):
    """py-spy could not look into a process; one sentence that says what to do."""


class Profiler:
    """Samples each named process from `start` to `finish`, and leaves one file for each."""

    def __init__(self, folder: Path, shape: Shape = "flamegraph") -> None:
        """Raises SettingsFault where py-spy is not installed or the folder cannot be made."""
        found = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
        if found is None:
            raise SettingsFault("--profile needs py-spy, which is not installed: pip install 'anpr-back-office[bench]'")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsFault(f"--profile {folder} cannot be made ({error.strerror}): choose another") from error
        self._program, self._folder, self._shape = found, folder, shape
        self._running: dict[Path, Child] = {}

    def start(self, processes: Mapping[str, int], logs: Path) -> None:
        """Begin with these: name → process id. logs: folder for what py-spy says."""
        for name, pid in processes.items():
            target = self._folder / f"{name}.{ENDINGS[self._shape]}"
            part = target.with_name(f".{target.name}.part")
            command = [self._program, "record", "--pid", str(pid), "--output", str(part), "--format", self._shape]
            command += ["--rate", str(SAMPLES_PER_S), "--nolineno"]
            self._running[target] = start_child(f"py-spy of {name}", command, logs / f"py-spy-{name}.log")

    def finish(self) -> list[Path]:
        """Have the files written; returns them. Raises ProfileRefused when one is missing."""
        running, self._running = self._running, {}
        for child in running.values():
            child.interrupt()
        for target, child in running.items():
            child.pause(WRITING_S)
            part = target.with_name(f".{target.name}.part")
            if child.returncode is None or not part.exists():
                child.kill()
                part.unlink(missing_ok=True)
                raise ProfileRefused(_why(target.name, child.log_tail()))
            _name(part, target.stem)
            part.rename(target)
        return list(running)

    def abandon(self) -> None:
        """End without files, on the way out of a run that failed."""
        for target, child in self._running.items():
            child.kill()
            target.with_name(f".{target.name}.part").unlink(missing_ok=True)
        self._running = {}


def _name(graph: Path, name: str) -> None:
    """py-spy's title is the command that drew it, with the folders of this machine."""
    if graph.name.endswith(".svg.part"):
        graph.write_text(TITLE.sub(rf"\g<1>{name}", graph.read_text("utf-8"), count=1), "utf-8")


def _why(name: str, said: str) -> str:
    if "permission denied" in said.lower() or "operation not permitted" in said.lower():
        return (
            f"py-spy may not look into other processes, so there is no {name}: run as root, in a container with "
            "--cap-add SYS_PTRACE, or with kernel.yama.ptrace_scope set to 0"
        )
    return f"py-spy left no {name}; it said: {said.splitlines()[-1]}"
