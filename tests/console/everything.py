"""A platform with people in every role, both databases, and some traffic: what all desks of the API are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import httpx
from clickhouse_connect.driver.client import Client
from confluent_kafka.admin import AdminClient

from anpr.embedded.store.launch import StoreProcess
from console.officer_tokens import officer_token
from schemas.search import Role
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.migrate import make_database, migrate
from sinks.clickhouse.officers import FOREVER, Officer, Register
from tests.console.world import World, now
from tests.sinks.queries.facts import Fact, store_camera, store_facts
from topics.admin import create
from topics.spec import all_topics

ROLES: tuple[Role, ...] = get_args(Role)
ALL_ROLES = "Z. Everything"
"""Is registered in every role, so that nothing is refused for that."""
SOUTH = "S. Zone"
"""An officer of the zone BRU-SOUTH."""
PLACES = {
    "north-1": (50.86, 4.35, "BRU-NORTH"),
    "south-1": (50.83, 4.34, "BRU-SOUTH"),
    "ring-1": (50.85, 4.38, "BRU-NORTH"),
}
WANTED, ESCORT = "1AAA111", "1BBB222"


def name_of(role: Role) -> str:
    """The officer who is in this role alone."""
    return f"O. {role}"


def fill(world: World, store: StoreProcess, tables: Client) -> None:
    """People, cameras, traffic, topics, the zones' database; the API runs afterwards."""
    _register(tables)
    make_database(store.lez_dsn)
    zones = connect(store.lez_dsn)
    migrate(zones, None, LEZ)
    register = Register(zones, now, "Administrator")
    register.bootstrap(("administrator",))
    for name in (name_of("lez_agent"), ALL_ROLES):
        register.add(Officer(name, "lez_agent", "", now(), FOREVER))
    register.add(Officer(ALL_ROLES, "administrator", "", now(), FOREVER))
    for name, (lat, lon, zone) in PLACES.items():
        store_camera(tables, name, lat, lon, zone=zone)
    store_facts(tables, _traffic())
    create(AdminClient({"bootstrap.servers": world.bootstrap}), all_topics(), max_partitions=1, replication=1)
    world.settings |= {"lez_dsn": store.lez_dsn, "requests_per_s": "10000"}
    world.serve()


def _register(tables: Client) -> None:
    register, since = Register(tables, now, "Administrator"), now() - timedelta(days=1)
    for role in ROLES:
        register.add(Officer(name_of(role), role, "", since, FOREVER))
        register.add(Officer(ALL_ROLES, role, "", since, FOREVER))
    register.add(Officer(SOUTH, "officer", "BRU-SOUTH", since, FOREVER))


def _traffic() -> Iterator[Fact]:
    """Two cars together past all cameras, half an hour ago."""
    begin = datetime.now(UTC) - timedelta(minutes=30)
    for n, camera in enumerate(PLACES):
        yield Fact(WANTED, camera, begin + timedelta(minutes=5 * n))
        yield Fact(ESCORT, camera, begin + timedelta(minutes=5 * n, seconds=4))


def asked(world: World, method: str, path: str, officer: str, **more: Any) -> httpx.Response:
    """What the API answers this officer."""
    token = officer_token(world.credentials, officer, now() + timedelta(minutes=10))
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.request(method, f"{world.url}/api/v1{path}", headers=headers, timeout=60, **more)


@contextmanager
def events(world: World, path: str, officer: str, **headers: str) -> Iterator[httpx.Response]:
    """A stream of this officer."""
    token = officer_token(world.credentials, officer, now() + timedelta(minutes=10))
    given = {"Authorization": f"Bearer {token}", **headers}
    with httpx.stream("GET", f"{world.url}/api/v1{path}", headers=given, timeout=30) as answer:
        yield answer
