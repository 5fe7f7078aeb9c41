"""A running store per test module, and clients for it."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess, start_store

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """A store on an empty folder, shared by the tests of one module: use tables of your own."""
    process = start_store(tmp_path_factory.mktemp("store"))
    yield process
    process.stop()
    assert "Traceback" not in process.child.log_path.read_text(), process.child.log_tail()


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Makes clients for a StoreProcess, and closes them at the end of the test."""
    clients: list[Client] = []

    def make(process: StoreProcess, **options: object) -> Client:
        client = clickhouse_connect.get_client(dsn=process.dsn, autogenerate_session_id=False, **options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(store: StoreProcess, connect: Callable[..., Client]) -> Client:
    """A client of the module's store."""
    return connect(store)


@pytest.fixture
def table(client: Client) -> str:
    """A fresh table (id UInt64, plate String), ordered by id."""
    name = f"reads_{next(_numbers)}"
    client.command(f"CREATE TABLE {name} (id UInt64, plate String) ENGINE = MergeTree ORDER BY id")
    return name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for a store that one test starts itself."""
    return tmp_path / "own"
