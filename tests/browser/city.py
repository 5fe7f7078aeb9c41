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
from console.signin.file import SignInFile
from console.signin.passwords import LocalUsers, made_password
from schemas.case import Case
from schemas.codec import encode
from schemas.search import Role
from sinks.clickhouse.client import connect
from sinks.clickhouse.officers import FOREVER, Officer, Register
from tests.anpr.program import command, environment, running
from tests.console.hits import tell
from tests.sinks.queries.facts import Fact, store_facts

__all__ = ["MANY", "MANY_PATTERN", "City", "city"]

MANY, MANY_PATTERN = 10_200, "8QQQ*"
"""So many passages fit this pattern, of a thousand vehicles in ten days, one every 85 seconds."""
START_S = 110.0
CAMERA = "bxl-5339-001"
SHARED = ("kafka_bootstrap", "kafka_assignment", "kafka_fetch_wait_ms", "store_dsn", "lez_dsn")
WORDS = ("demo", "--hold", "--headless", "--seconds", "5", "--rate", "1", "--cameras", "24", "--frame-cameras", "4")
ADDRESS = re.compile(r"the console is at (http://\S+?);")
USER = re.compile(r"^  (\S+) +(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class City:
    """What a test needs to know of it."""

    folder: Path
    """Its data folder."""
    url: str
    users: dict[str, str]
    """Name → password; everybody is named as their role, but for those whom tests hire."""

    @property
    def tour(self) -> dict[str, str]:
        """Plate and look of the stolen car."""
        return dict(json.loads((self.folder / "tour.json").read_text()))

    @property
    def settings(self) -> Mapping[str, str]:
        """Of a program on the same broker and store, as `environment` takes them."""
        given = running(self.folder)["environment"]
        return {name: given[f"ANPR_{name.upper()}"] for name in SHARED}

    @property
    def store(self) -> Client:
        """As the owner of the store."""
        return connect(self.settings["store_dsn"])

    def plates(self) -> list[str]:
        """All that passed, and that there are cases of; the shortest left out, which are found in any text."""
        both = "SELECT plate FROM passages UNION DISTINCT SELECT plate FROM cases"
        return [plate for (plate,) in self.store.query(both).result_rows if len(plate) > 4]

    def hire(self, name: str, role: Role = "officer") -> None:
        """Somebody of a test's own, with a password: whatever becomes of the sign-in is nobody else's trouble."""
        Register(self.store, _now, "administrator").add(Officer(name, role, "", _now(), FOREVER))
        self.users[name] = made_password()
        LocalUsers(SignInFile(self.folder), _now).set_password(name, self.users[name])

    def leave_alone(self, name: str) -> None:
        """As a quarter of an hour would in which nobody touched anything."""
        SignInFile(self.folder).change("UPDATE sessions SET active = active - 1000 WHERE officer = ?", name)

    def forget_code(self, name: str) -> None:
        """As half a minute would: the code of now may be used, though another one was used just before."""
        SignInFile(self.folder).change("UPDATE users SET last_step = 0 WHERE officer = ?", name)

    def tell(self, case: Case) -> None:
        """A case becomes so."""
        tell(self.settings["kafka_bootstrap"], "cases", [(str(case.case_id), encode(case))])

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


def _now() -> datetime:
    return datetime.now(UTC)


def _remember(made: City) -> None:
    """More passages into the store than anybody wants to look at."""
    newest = _now().replace(microsecond=0) - timedelta(minutes=10)
    times = (newest - timedelta(seconds=85 * number) for number in range(MANY))
    store_facts(made.store, (Fact(f"8QQQ{n % 1000:03}", CAMERA, at) for n, at in enumerate(times)))
