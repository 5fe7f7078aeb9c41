"""One embedded store with all tables for the tests of this folder, and ways to fill it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess, start_store
from schemas.search import Role
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.officers import FOREVER, Officer, Register
from tests.sinks.rows import Sink

OFFICERS: tuple[tuple[str, Role, str], ...] = (
    ("A. Peeters", "officer", ""),
    ("A. Peeters", "investigator", ""),
    ("B. Dupont", "officer", ""),
    ("Z. Noord", "officer", "BRU-NORTH"),
)
"""Whom tests search as: name, role, police zone (empty: federal)."""


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """A running store. Tests tell their rows apart by a log or a plate of their own."""
    process = start_store(tmp_path_factory.mktemp("store"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def client(store: StoreProcess) -> Iterator[Client]:
    """A client of the store, with the tables in place and `OFFICERS` registered."""
    client = connect(store.dsn)
    migrate(client)
    register_officers(client)
    yield client
    client.close()


def register_officers(client: Client) -> None:
    """Put `OFFICERS` into the register, as the administrator does."""
    register = Register(client, lambda: datetime.now(UTC), "Administrator")
    since = datetime.now(UTC) - timedelta(days=400)
    for name, role, zone in OFFICERS:
        register.add(Officer(name, role, zone, since, FOREVER))


@pytest.fixture
def sink(client: Client) -> Sink:
    """The sink's stage and output on the store, for a log that nobody used."""
    return Sink(client, log=f"cluster/{uuid.uuid4().hex}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for a store that one test starts itself."""
    return tmp_path / "own"
