"""The zones' database beside the police's, on the same store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.migrate import make_database, migrate


@pytest.fixture(scope="session")
def lez_client(store: StoreProcess) -> Iterator[Client]:
    """A client of the zones' database, its tables in place."""
    opened = make_database(store.lez_dsn)
    migrate(opened, controller=LEZ)
    yield opened
    opened.close()
