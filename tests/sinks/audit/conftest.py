"""Each file has a store of its own, whose audit its tests spoil."""

from __future__ import annotations

import pytest
from clickhouse_connect.driver.client import Client

from tests.own_store import store, tables
from tests.sinks import audited

__all__ = ["client", "store", "tables"]


@pytest.fixture
def client(tables: Client) -> Client:
    """A client with all rights and the tables; the audit is empty."""
    audited.empty(tables)
    return tables
