"""A store of its own for each file that spoils one, or asks it as a server; the conftest.py of a folder takes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess, start_store
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """A store for one file; it ends in order."""
    process = start_store(tmp_path_factory.mktemp("store"))
    yield process
    assert process.stop() == 0


@pytest.fixture(scope="module")
def tables(store: StoreProcess) -> Iterator[Client]:
    """A client of it with all rights, and the tables."""
    client = connect(store.dsn)
    migrate(client)
    yield client
    client.close()
