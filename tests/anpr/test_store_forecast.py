"""Next cameras for cases, asked of the store with the rights of the cases worker."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.embedded.store.launch import StoreProcess
from anpr.store_forecast import StoreForecast
from sinks.clickhouse.client import StoreUnreachable, connect
from sinks.clickhouse.queries.learn import learn_day
from tests.sinks.queries.facts import NOON, Fact, at, some_camera, some_plate, store_facts

GAP_S = 300


@pytest.fixture
def way(tables: Client) -> list[str]:
    """Three cameras that nine vehicles passed one after the other, five minutes apart."""
    cameras = [some_camera() for _ in range(3)]
    plates = [some_plate() for _ in range(9)]
    store_facts(
        tables,
        [
            Fact(plate, one, at(n + place * GAP_S))
            for n, plate in enumerate(plates)
            for place, one in enumerate(cameras)
        ],
    )
    learn_day(tables, NOON.date(), datetime.now(UTC))
    return cameras


def test_where_vehicles_went_on_to_with_the_seconds_they_took(store: StoreProcess, way: list[str]) -> None:
    (found,) = StoreForecast(store.dsn, role="anpr_cases")(way[0], at(0))
    assert (found.camera_id, found.probability > 0.5) == (way[1], True)
    assert found.p50_s == pytest.approx(GAP_S, rel=0.1)
    assert found.p90_s is not None
    assert found.p90_s >= (found.p50_s or 0)


def test_of_the_last_camera_nothing_is_told_but_that_they_were_not_seen(store: StoreProcess, way: list[str]) -> None:
    assert list(StoreForecast(store.dsn)(way[2], at(0))) == []


def test_the_worker_may_read_no_passage(store: StoreProcess, way: list[str]) -> None:
    assert way
    own = connect(store.dsn, role="anpr_cases")
    for table in ("passages", "plates", "reads"):
        with pytest.raises(ClickHouseError):
            own.query(f"SELECT * FROM {table} LIMIT 1")


def test_a_store_that_is_not_there_is_an_error_for_whoever_asked() -> None:
    with pytest.raises(StoreUnreachable):
        StoreForecast("http://127.0.0.1:1/default")("cam-1", at(0))


@pytest.mark.slow
def test_a_store_that_says_nothing_is_given_up_soon() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(StoreUnreachable):
            StoreForecast(f"http://127.0.0.1:{port}/default")("cam-1", at(0))
        assert time.monotonic() - began < 30
