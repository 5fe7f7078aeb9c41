"""`anpr cameras key`: a device's key as an administrator gives and ends it, recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.door.tokens import hashed
from anpr.embedded.broker import start_broker
from anpr.embedded.store.launch import StoreProcess
from sinks.clickhouse.officers import Register
from tests.anpr.program import Ran, anpr
from tests.console.world import now
from topics.admin import create
from topics.spec import all_topics

pytestmark = pytest.mark.slow


class Office:
    """Where the commands run."""

    def __init__(self, bootstrap: str, dsn: str, folder: Path) -> None:
        self._settings = {"kafka_bootstrap": bootstrap, "store_dsn": dsn, "kafka_fetch_wait_ms": "20"}
        self._folder = folder

    def run(self, *words: str, officer: str = "Administrator") -> Ran:
        return anpr(self._folder, "cameras", "key", *words, officer=officer, **self._settings)


@pytest.fixture(scope="module")
def office(store: StoreProcess, tables: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """With a broker of its own and an administrator."""
    from confluent_kafka.admin import AdminClient

    broker = start_broker(log_path=tmp_path_factory.mktemp("broker") / "broker.log")
    create(AdminClient({"bootstrap.servers": broker.bootstrap}), all_topics(), max_partitions=1, replication=1)
    Register(tables, now, "Administrator").bootstrap(("administrator",))
    yield Office(broker.bootstrap, store.dsn, tmp_path_factory.mktemp("office") / "data")
    broker.kill()


def test_a_key_is_given_shown_once_listed_and_ended(office: Office, tables: Client) -> None:
    given = office.run("add", "car-12", "--camera", "car-12-front", "--camera", "car-12-rear", "--json").json
    assert given["cameras"] == given["unregistered"] == ["car-12-front", "car-12-rear"]
    assert given["token"].startswith("anprcam_car-12.")
    shown = office.run("list", "--json")
    (listed,) = shown.json["keys"]
    assert (listed["device"], listed["revoked_at"], listed["last_upload"]) == ("car-12", None, None)
    assert given["token"].rpartition(".")[2] not in shown.out
    assert hashed(given["token"]) not in shown.out
    assert office.run("revoke", "car-12", "--json").json["revoked_at"]
    assert "revoked" in office.run("list").out
    office.run("revoke", "car-13").assert_clear("car-13 has no key")
    rows = tables.query("SELECT action, actor FROM audit WHERE action LIKE 'camera_key%' ORDER BY seq").result_rows
    assert rows == [("camera_key_added", "Administrator"), ("camera_key_revoked", "Administrator")]
    records = tables.query("SELECT record FROM audit WHERE action LIKE 'camera_key%'").result_rows
    assert given["token"] not in str(records)


def test_who_may_not_is_told(office: Office) -> None:
    office.run("add", "car-13", officer="Somebody").assert_clear("administrator")
    office.run("add", "no device").assert_clear("1 to 64")
