"""A platform for each file: a broker of its own, a store of its own, the API as a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.broker import start_broker
from anpr.embedded.store.launch import StoreProcess
from sinks.clickhouse.officers import Register
from tests.console.hits import make_topics, tell_cameras
from tests.console.world import World, now
from tests.own_store import store, tables

__all__ = ["store", "tables"]


@pytest.fixture(scope="module")
def broker_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded broker with our topics and cameras."""
    broker = start_broker(log_path=tmp_path_factory.mktemp("broker") / "broker.log")
    make_topics(broker.bootstrap)
    tell_cameras(broker.bootstrap)
    yield broker.bootstrap
    broker.kill()


@pytest.fixture(scope="module")
def idle_world(
    broker_address: str, store: StoreProcess, tables: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A platform whose API does not run yet."""
    Register(tables, now, "Administrator").bootstrap(("administrator",))
    world = World(broker_address, store.dsn, tables, tmp_path_factory.mktemp("world") / "data")
    yield world
    if world.process is not None:
        assert world.stop() == 0, world.said()


@pytest.fixture
def world(idle_world: World) -> World:
    """A platform whose API runs."""
    if idle_world.process is None:
        idle_world.serve()
    return idle_world
