"""The console of a demo: `anpr serve` as a child process, with somebody to sign in as in every role."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from anpr.demo.users import make_demo_users
from anpr.embedded.child import Child, start_child, wait_ready
from anpr.settings import Settings
from console.store import TOUR_FILE
from replay.fleet import Car

__all__ = ["DemoConsole", "open_console"]

START_S = 60.0


@dataclass(slots=True)
class DemoConsole:
    """A console that runs."""

    settings: Settings
    port: int
    users: Mapping[str, str]
    """Name → password."""
    child: Child | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.settings.api_host}:{self.port}"

    def tend(self) -> list[str]:
        """Start it again if it has ended; returns what people should know. Raises ChildError."""
        if self.child is None or self.child.returncode is None:
            return []
        note = f"the console ended with {self.child.returncode}; started again"
        self.start()
        return [note]

    def start(self) -> None:
        """Returns once it serves. Raises ChildError."""
        ready = self.settings.data_dir / "console.ready"
        ready.unlink(missing_ok=True)
        words = ("serve", "--port", str(self.port), "--ready-file", str(ready))
        log = self.settings.data_dir / "logs" / "console.log"
        self.child = start_child(
            "the console", [sys.executable, "-m", "anpr", *words], log, environ=self.settings.environment()
        )
        wait_ready(self.child, ready.exists, timeout_s=START_S)
        self.port = json.loads(ready.read_text())["port"]

    def stop(self) -> None:
        """End it in order."""
        if self.child is not None:
            self.child.stop()


@contextmanager
def open_console(settings: Settings, wanted: Car) -> Iterator[DemoConsole]:
    """A console on this platform, ended on the way out. wanted: whom its guided tour looks for. Raises ChildError."""
    console = DemoConsole(settings, _free_port(settings), make_demo_users(settings))
    tour = settings.data_dir / TOUR_FILE
    try:
        _tell_tour(tour, wanted)
        console.start()
        yield console
    finally:
        console.stop()
        tour.unlink(missing_ok=True)


def _free_port(settings: Settings) -> int:
    """The port of the settings, or 0 (any) where somebody has that one already."""
    try:
        socket.create_server((settings.api_host, settings.api_port)).close()
    except OSError:
        return 0
    return settings.api_port


def _tell_tour(path: Path, wanted: Car) -> None:
    draft = path.with_suffix(".part")
    told = {"plate": wanted.plate.text, "display": wanted.plate.display, "vehicle": wanted.description}
    draft.write_text(json.dumps(told), "utf-8")
    draft.rename(path)
