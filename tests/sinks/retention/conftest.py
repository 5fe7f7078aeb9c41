"""A store of this folder's own: retention looks at all that there is, so nobody else's rows may be in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess, start_store
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.retention.holds import Holds
from sinks.clickhouse.retention.rules import RULES
from tests.sinks.conftest import register_officers

HOLDER = "A. Peeters"
"""An investigator."""
EMPTIED = (*(rule.table for rule in RULES), "audit_heads", "held_passages", "cameras")


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """A running store."""
    process = start_store(tmp_path_factory.mktemp("store"))
    yield process
    process.stop()


@pytest.fixture(scope="package")
def filled(store: StoreProcess) -> Iterator[Client]:
    """A client with tables and officers."""
    client = connect(store.dsn)
    migrate(client)
    register_officers(client)
    yield client
    client.close()


@pytest.fixture
def client(filled: Client) -> Client:
    """The same, with nothing in the tables that have a term."""
    empty(filled)
    return filled


def empty(client: Client) -> None:
    """Leave nothing of what has a term, nor of what is held."""
    for table in EMPTIED:
        client.command(f"TRUNCATE TABLE {table}")


@pytest.fixture
def holds(client: Client) -> Holds:
    """Holds placed and released now."""
    return Holds(client, lambda: datetime.now(UTC), HOLDER)
