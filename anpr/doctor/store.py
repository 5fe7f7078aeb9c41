"""The databases: whether they answer, how soon, what room they have, whether their tables are as they should be."""

from __future__ import annotations

import contextlib
import importlib.util
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.doctor.broker import NONE_SET
from anpr.doctor.finding import Finding
from anpr.settings import Settings
from sinks.clickhouse.client import StoreUnreachable, connect
from sinks.clickhouse.controllers import LEZ, POLICE, Controller
from sinks.clickhouse.migrate import load_migrations

__all__ = ["look_at_lez_store", "look_at_store"]

ANSWER_S = 30
"""A database that says nothing for so long is taken to be away."""
SLOW_S = 2.0
FULL, FILLING = 0.05, 0.15
"""Free share of a disk: as the alerts DiskFull and DiskFilling."""
EMBEDDED_LEAST_MB = 128
"""The embedded store refuses inserts when less is free: `StoreOptions.min_free_bytes`."""
MEANWHILE = "store workers wait meanwhile, and Kafka keeps what they have yet to take for as long as its topics say"


def look_at_store(settings: Settings) -> Iterator[Finding]:
    """The police's."""
    if settings.store_dsn is None:
        yield _embedded("store", "chdb", "ANPR_STORE_DSN")
        return
    yield from _database("store", POLICE, settings.dsn(), "ANPR_STORE_DSN")


def look_at_lez_store(settings: Settings) -> Iterator[Finding]:
    """The low-emission zones'."""
    if settings.lez_dsn is not None:
        yield from _database("lez store", LEZ, settings.lez(), "ANPR_LEZ_DSN")
    elif settings.store_dsn is None:
        yield _embedded("lez store", "chdb", "ANPR_LEZ_DSN")
    else:
        words = "none set: this machine does not work for the low-emission zones (ANPR_LEZ_DSN)"
        yield Finding("lez store", "ok", words)


def _embedded(what: str, package: str, setting: str) -> Finding:
    if importlib.util.find_spec(package) is None:
        return Finding(what, "fault", f"the package {package} is missing: install it, or set {setting}")
    return Finding(what, "ok", f"{NONE_SET} ({setting} names another)")


def _database(what: str, controller: Controller, dsn: str, setting: str) -> Iterator[Finding]:
    if (took_s := _ping_s(dsn)) > SLOW_S:  # and any other question would take as long
        words = (
            f"answers the shortest question after {took_s:.0f} s: look at its processor, disk and merges, and at the"
        )
        yield Finding(what, "warning", f"{words} network; {MEANWHILE}")
        return
    try:
        with contextlib.closing(connect(dsn, answer_s=ANSWER_S)) as client:
            yield from _room(what, client)
            yield _tables(what, controller, client)
    except (StoreUnreachable, ClickHouseError) as error:
        words = f"{str(error).splitlines()[0]}; start it, or set {setting}; {MEANWHILE}"
        yield Finding(what, "fault", words)


def _ping_s(dsn: str) -> float:
    """How long it takes to say that it is there; 0: it does not, which is told in words by whoever signs in."""
    place = urlsplit(dsn)
    began = time.monotonic()
    with contextlib.suppress(OSError, ValueError, HTTPException):
        kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
        with contextlib.closing(kind(place.hostname or "", place.port, timeout=ANSWER_S)) as line:
            line.request("GET", "/ping")
            line.getresponse().read()
            return time.monotonic() - began
    return 0.0


def _room(what: str, client: Client) -> Iterator[Finding]:
    """What a user may not see is not told: `ANPR_STORE_DSN` may name one with few rights."""
    try:
        disks = client.query("SELECT name, free_space, total_space FROM system.disks WHERE total_space > 0").result_rows
    except ClickHouseError:
        return
    for name, free, total in disks:
        share, left = free / total, f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free"
        if share < FULL or free < EMBEDDED_LEAST_MB * 2**20:
            words = f"its disk {name} is full, {left}: add disk or make room, and it goes on by itself"
            yield Finding(what, "fault", f"{words}; do not delete files of ClickHouse by hand; {MEANWHILE}")
        elif share < FILLING:
            words = f"its disk {name} fills, {left}: `anpr store retention` says what is kept since when; add disk"
            yield Finding(what, "warning", words)


def _tables(what: str, controller: Controller, client: Client) -> Finding:
    ours = len(load_migrations(controller))
    done = client.command("EXISTS TABLE schema_migrations")
    applied = client.query("SELECT count() FROM schema_migrations FINAL").result_rows[0][0] if done else 0
    if applied < ours:
        return Finding(what, "warning", f"{applied} of {ours} migrations: run `anpr store migrate`")
    return Finding(what, "ok", f"ClickHouse {client.server_version}, {applied} migrations applied")
