"""Numbered migrations, applied once each and recorded in the database with their checksum.

A file whose first line is `-- server only` speaks of users and roles, which the embedded store keeps elsewhere; there
it is recorded and does nothing. What each role may do follows from a list (`access`) and is granted anew after every
change. The police and the low-emission zones have a database each (`controllers`). Every view runs with the rights of
who migrates (`SQL SECURITY DEFINER`), so that a role is granted a view and nothing behind it, and an INSERT into one
table needs no rights on those that views fill from it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import urlsplit, urlunsplit

from clickhouse_connect.driver.client import Client

from sinks.clickhouse import access
from sinks.clickhouse.client import StoreUnreachable, connect, error_code
from sinks.clickhouse.controllers import POLICE, Controller

__all__ = [
    "Applied",
    "Migration",
    "MigrationChanged",
    "grant_access",
    "load_migrations",
    "make_database",
    "migrate",
    "render",
    "role_statements",
]

LEDGER = """CREATE TABLE IF NOT EXISTS schema_migrations {on_cluster} (
    number UInt32 COMMENT 'Number of the migration file',
    name String COMMENT 'Its name',
    checksum String COMMENT 'BLAKE2b of its text',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was applied'
) ENGINE = {replicated}ReplacingMergeTree ORDER BY number COMMENT 'Migrations that this database has seen'"""
_FILE_NAME = re.compile(r"^(\d{4})_(\w+)\.sql$")
_STATEMENT_END = re.compile(r";\s*(?:\n|$)")
_VIEW_HEAD = re.compile(r"^(CREATE (?:MATERIALIZED )?VIEW\b[^;]*?)\s+AS\b", re.MULTILINE)
SERVER_ONLY = "-- server only"
UNKNOWN_DATABASE = 81
USERS_ARE_KEPT = "SELECT count() FROM system.user_directories WHERE type IN ('local_directory', 'replicated')"
"""Zero for the embedded store, whose roles come from a file that it writes itself."""


class MigrationChanged(RuntimeError):
    """A migration that was applied has been edited since: write a new one instead."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """Of the text as shipped, before parameters."""
        return hashlib.blake2b(self.text.encode(), digest_size=16).hexdigest()

    @property
    def server_only(self) -> bool:
        """True: about users and roles, which the embedded store does not keep in its database."""
        return self.text.startswith(SERVER_ONLY)


@dataclass(frozen=True, slots=True)
class Applied:
    """What `migrate` did."""

    done: tuple[str, ...]
    already: int


def load_migrations(controller: Controller = POLICE) -> tuple[Migration, ...]:
    """All migrations of a database in order. Raises ValueError for a gap or a file that is none."""
    found = []
    for entry in files(controller.package).joinpath("migrations").iterdir():
        name = _FILE_NAME.match(entry.name)
        if name:
            found.append(Migration(int(name[1]), entry.name.removesuffix(".sql"), entry.read_text("utf-8")))
    found.sort(key=lambda migration: migration.number)
    if [m.number for m in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations must be numbered 1, 2, 3 …, found {[m.number for m in found]}")
    return tuple(found)


def render(text: str, cluster: str | None, definer: str = "default") -> Iterator[str]:
    """The statements of a migration for one server (`cluster` None) or for a cluster of this name.

    definer: user with whose rights the views run; it owns the tables behind them.
    """
    parameters = {
        "on_cluster": f"ON CLUSTER '{cluster}'" if cluster else "",
        "replicated": "Replicated" if cluster else "",
        "deduplication": ("replicated" if cluster else "non_replicated") + "_deduplication_window = 1000",
    }
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    for name, value in parameters.items():
        bare = bare.replace("{" + name + "}", value)
    bare = _VIEW_HEAD.sub(rf"\1 DEFINER = {_quoted(definer)} SQL SECURITY DEFINER AS", bare)
    return (statement.strip() for statement in _STATEMENT_END.split(bare) if statement.strip())


def migrate(client: Client, cluster: str | None = None, controller: Controller = POLICE) -> Applied:
    """Apply what is missing. Raises MigrationChanged; ClickHouse's own errors pass through.

    Where nothing is missing, nothing is written: any role may call it.
    """
    known = _known(client, cluster)
    done = []
    for migration in load_migrations(controller):
        if migration.number not in known:
            _apply(client, migration, cluster)
            done.append(migration.name)
        elif known[migration.number] != migration.checksum:
            raise MigrationChanged(f"{migration.name} was edited after it was applied: add a new migration instead")
    if done:
        grant_access(client, cluster, controller)
    return Applied(tuple(done), len(known))


def grant_access(client: Client, cluster: str | None = None, controller: Controller = POLICE) -> bool:
    """Give each of its roles what the list says, and nothing else. False: the embedded store, which has that anyway."""
    if not _keeps_users(client):
        return False
    for statement in role_statements(str(client.command("SELECT currentDatabase()")), cluster, controller):
        client.command(statement)
    return True


def role_statements(database: str, cluster: str | None, controller: Controller = POLICE) -> Iterator[str]:
    """What makes the roles of a server and grants them their rights; may be repeated.

    The roles too, and not only by their migration: a database that was restored on another server has it recorded, but
    a backup carries no roles.
    """
    for migration in load_migrations(controller):
        if migration.server_only:
            yield from render(migration.text, cluster)
    yield from access.statements(database, cluster, controller.roles)


def make_database(dsn: str, cluster: str | None = None) -> Client:
    """A client of the database that a DSN names, made if the server lacks it: that takes the rights of its owner.

    Raises StoreUnreachable; ClickHouse's own errors pass through.
    """
    try:
        return connect(dsn)
    except StoreUnreachable as error:
        if not isinstance(error.__cause__, Exception) or error_code(error.__cause__) != UNKNOWN_DATABASE:
            raise
        address = urlsplit(dsn)
        with connect(urlunsplit(address._replace(path="/default"))) as client:
            on_cluster = f" ON CLUSTER '{cluster}'" if cluster else ""
            client.command(f"CREATE DATABASE IF NOT EXISTS {_quoted(address.path.strip('/'))}{on_cluster}")
    return connect(dsn)


def _known(client: Client, cluster: str | None) -> dict[int, str]:
    """Number and checksum of what was applied."""
    if not client.command("EXISTS TABLE schema_migrations"):
        for statement in render(LEDGER, cluster):
            client.command(statement)
    rows = client.query("SELECT number, checksum FROM schema_migrations FINAL").result_rows
    return {int(number): str(checksum) for number, checksum in rows}


def _keeps_users(client: Client) -> bool:
    return client.command(USERS_ARE_KEPT) != 0


def _apply(client: Client, migration: Migration, cluster: str | None) -> None:
    if not migration.server_only or _keeps_users(client):
        for statement in render(migration.text, cluster, str(client.command("SELECT currentUser()"))):
            client.command(statement)
    client.insert(
        "schema_migrations",
        [[migration.number, migration.name, migration.checksum]],
        column_names=["number", "name", "checksum"],
    )


def _quoted(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
