"""A demo that lives on: broker, store, workers, traffic and the console, as people start it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from clickhouse_connect.driver.client import Client

from anpr.embedded.child import start_child, wait_ready
from sinks.clickhouse.client import connect
from tests.anpr.program import command, environment, running
from tests.sinks.queries.facts import Fact, store_facts

__all__ = ["MANY", "MANY_PATTERN", "City", "city"]

MANY, MANY_PATTERN = 10_200, "8QQQ*"
"""So many passages fit this pattern, of a thousand vehicles in ten days, one every 85 seconds."""
START_S = 110.0
CAMERA = "bxl-5339-001"
WORDS = ("demo", "--hold", "--headless", "--seconds", "5", "--rate", "1", "--cameras", "24", "--frame-cameras", "4")
ADDRESS = re.compile(r"the console is at (http://\S+?);")
USER = re.compile(r"^  (\S+) +(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class City:
    """What a test needs to know of it."""

    folder: Path
    """Its data folder."""
    url: str
    users: Mapping[str, str]
    """Name → password; everybody is named as their role."""

    @property
    def tour(self) -> dict[str, str]:
        """Plate and look of the stolen car."""
        return dict(json.loads((self.folder / "tour.json").read_text()))

    @property
    def store(self) -> Client:
        """As the owner of the store."""
        return connect(running(self.folder)["environment"]["ANPR_STORE_DSN"])

    def kill_console(self) -> None:
        """As a crash would; the demo starts it again."""
        psutil.Process(json.loads((self.folder / "console.ready").read_text())["pid"]).kill()


@contextmanager
def city(folder: Path) -> Iterator[City]:
    """While it lasts the city lives; it ends with us, however we end. Raises ChildError."""
    log = folder.parent / "demo.log"
    demo = start_child("the demo", command(*WORDS), log, environ=environment(folder, api_port="0"))
    try:
        wait_ready(demo, lambda: "lives on" in log.read_text(), timeout_s=START_S)
        said = log.read_text()
        address = ADDRESS.search(said)
        assert address is not None, said
        made = City(folder, address[1], dict(USER.findall(said)))
        _remember(made)
        yield made
        demo.interrupt()
    finally:
        demo.stop(60)


def _remember(made: City) -> None:
    """More passages into the store than anybody wants to look at."""
    newest = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    times = (newest - timedelta(seconds=85 * number) for number in range(MANY))
    store_facts(made.store, (Fact(f"8QQQ{n % 1000:03}", CAMERA, at) for n, at in enumerate(times)))
