"""The database of the low-emission zones on the store that this folder shares with the police's tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess
from schemas.search import Role
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.migrate import make_database, migrate
from sinks.clickhouse.officers import FOREVER, Officer, Register
from tests.sinks.lez.verdicts import AGENT, CHIEF
from tests.sinks.rows import Sink

AGENTS: tuple[tuple[str, Role], ...] = ((AGENT, "lez_agent"), (CHIEF, "administrator"))


@pytest.fixture(scope="session")
def lez(store: StoreProcess) -> Iterator[Client]:
    """A client of the zones' database with all rights, its tables in place and `AGENTS` registered."""
    client = make_database(store.lez_dsn)
    migrate(client, controller=LEZ)
    register = Register(client, lambda: datetime.now(UTC), "Administrator")
    for name, role in AGENTS:
        register.add(Officer(name, role, "", datetime.now(UTC) - timedelta(days=400), FOREVER))
    yield client
    client.close()


@pytest.fixture
def zone() -> str:
    """A zone that no other test has."""
    return f"zone-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def lez_sink(lez: Client) -> Sink:
    """The sink's stage and output on that database, for a log that nobody used."""
    return Sink(lez, log=f"cluster/{uuid.uuid4().hex}", controller=LEZ)
