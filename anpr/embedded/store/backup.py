"""Backup and restore by the engine, while everything runs: BACKUP and RESTORE of ClickHouse.

A backup in a folder gets a list of its files with their digests, written last: without it, it is no whole backup.
Restoring checks the list first and every part afterwards (CHECK TABLE). On a server the files are the server's, on its
disk `backups`; there its own checksums must do.

What the embedded engine says of a backup is not enough: on a disk that filled up it calls cut files a backup that was
created. So their sizes are compared with what it meant to write, before the list says that all is well.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client

from anpr.embedded.store.sql import quote, quote_name
from sinks.clickhouse.controllers import CONTROLLERS

__all__ = ["DISK", "BackupFault", "Done", "back_up", "check_files", "restore"]

LIST = "anpr-backup.json"
DISK = "backups"
"""Name of a server's disk for backups (deploy/clickhouse/server.xml)."""
LOOK_EVERY_S = 0.1
Show = Callable[[str, int, int], None]
"""What is done, how much of it, and of how much."""


class BackupFault(RuntimeError):
    """The backup or its restoring did not come about; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was written or brought back."""

    rows: Mapping[str, int]
    """Rows by table as they lie there, revisions that are not merged yet included."""
    files: int
    size_bytes: int


def back_up(client: Client, target: Path | str, show: Show) -> Done:
    """Write everything to a folder that does not exist yet, or to this name on the server's disk for backups.

    What is acknowledged before it begins is in it. Raises BackupFault.
    """
    if not isinstance(target, Path):
        return _back_up(client, target, show)
    _make_folder(target)
    try:
        _check_room(client, target)
        done = _back_up(client, target, show)
        _close(target, done, show)
    except BaseException:  # Ctrl-C too: half a backup is none, and would keep the next one from its name
        shutil.rmtree(target, ignore_errors=True)
        raise
    return done


def _back_up(client: Client, target: Path | str, show: Show) -> Done:
    databases = _databases(client, target)
    state = _run(client, f"BACKUP {_named(databases)} TO {_place(target)} ASYNC", "backup", show)
    return Done(_rows(client, databases), state["num_files"], state["compressed_size"])


def _databases(client: Client, place: Path | str) -> Sequence[str]:
    """What one backup is of: in a folder all that the embedded store has, on a server the one that was asked for."""
    current = str(client.command("SELECT currentDatabase()"))
    if not isinstance(place, Path):
        return (current,)
    there = {row[0] for row in client.query("SELECT name FROM system.databases").result_rows}
    return (current, *(one.database for one in CONTROLLERS if one.database in there - {current}))


def _named(databases: Sequence[str]) -> str:
    return ", ".join(f"DATABASE {quote_name(database)}" for database in databases)


def restore(client: Client, source: Path | str, show: Show) -> Done:
    """Bring a backup back into a store without tables. Raises BackupFault, before anything is changed if it can.

    A restore that breaks off leaves some tables, so that the next one needs a new store again.
    """
    if isinstance(source, Path):
        check_files(source, show)
    databases = _saved(client, source)
    if _tables(client, databases, "%"):
        raise BackupFault("this store has tables already: restore into a new data folder or database")
    state = _run(client, f"RESTORE {_named(databases)} FROM {_place(source)} ASYNC", "restore", show)
    _check_parts(client, databases, show)
    return Done(_rows(client, databases), state["num_files"], state["compressed_size"])


def _saved(client: Client, source: Path | str) -> Sequence[str]:
    """The databases that a backup holds: one from before the zones had theirs lacks it."""
    current = str(client.command("SELECT currentDatabase()"))
    if not isinstance(source, Path):
        return (current,)
    saved = [one.database for one in CONTROLLERS if (source / "metadata" / f"{one.database}.sql").is_file()]
    return (current, *(name for name in saved if name != current))


def check_files(source: Path, show: Show) -> None:
    """Compare a backup's files with its list. Raises BackupFault naming the first that differs."""
    listed = _read_list(source)
    found = dict(_digests(source, show))
    for name in sorted({*listed, *found}):
        if listed.get(name) != found.get(name):
            raise BackupFault(f"the backup {source} is damaged: {name} is not as it was written; use another backup")


def _read_list(source: Path) -> dict[str, str]:
    try:
        content = json.loads((source / LIST).read_text())
        return dict(content["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupFault(f"{source} holds no whole backup: its list {LIST} is missing or unreadable") from error


def _place(target: Path | str) -> str:
    """BACKUP takes no query parameters: a quoted literal."""
    return f"File({quote(str(target.resolve()))})" if isinstance(target, Path) else f"Disk('{DISK}', {quote(target)})"


def _make_folder(target: Path) -> None:
    """The folder, for its owner only: it will hold everybody's passages."""
    try:
        target.mkdir(mode=0o700, parents=True)
    except FileExistsError as error:
        raise BackupFault(f"{target} exists already: give a name that does not, nothing is overwritten") from error
    except OSError as error:
        raise BackupFault(f"{target} cannot be made ({error.strerror}): give a folder that can be written") from error


def _check_room(client: Client, target: Path) -> None:
    """Before an hour is spent on what cannot end well; rows that come in meanwhile may still fill the disk."""
    needed = int(str(client.command("SELECT sum(bytes_on_disk) FROM system.parts WHERE active")) or 0)
    free = shutil.disk_usage(target).free
    if needed > free:
        raise BackupFault(
            f"{target} has room for {free / 1e6:,.0f} MB, the backup needs {needed / 1e6:,.0f}: make room or give "
            "a folder on another disk"
        )


def _close(target: Path, done: Done, show: Show) -> None:
    """Prove that all was written, and write the list. Raises BackupFault."""
    try:
        written = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
        if written != done.size_bytes:
            raise BackupFault(
                f"the backup failed: {written:,} of {done.size_bytes:,} bytes were written to {target}, as when a disk "
                "fills up; make room there and begin again"
            )
        _write_list(target, dict(_digests(target, show, keep=True)))
    except OSError as error:
        raise BackupFault(f"the backup failed: {target} cannot be written ({error.strerror}); make room") from error


def _run(client: Client, statement: str, what: str, show: Show) -> dict[str, int]:
    """Start it and look how far it is until it has ended; it ends with us."""
    ident = str(client.query(statement).result_rows[0][0])
    try:
        status, error, state = _follow(client, ident, what, show)
    except BaseException:
        _cancel(client, ident)
        raise
    if status not in ("BACKUP_CREATED", "RESTORED"):
        raise BackupFault(f"the {what} failed: {error.partition('DB::Exception: ')[2] or error or status}"[:400])
    return state


def _follow(client: Client, ident: str, what: str, show: Show) -> tuple[str, str, dict[str, int]]:
    """Its status at the end, its error, its counts."""
    while True:
        row = client.query(
            """SELECT toString(status), error, num_files, total_size, compressed_size, bytes_read
            FROM system.backups WHERE id = {id:String}""",
            parameters={"id": ident},
        ).result_rows[0]
        status, error, files, size, stored, done = row
        show(what, int(done), int(size))
        if status not in ("CREATING_BACKUP", "RESTORING"):
            return str(status), str(error), {"num_files": int(files), "compressed_size": int(stored)}
        time.sleep(LOOK_EVERY_S)


def _cancel(client: Client, ident: str) -> None:
    """Somebody does not want to wait any longer: nothing is to go on behind their back."""
    query = "SELECT query_id FROM system.backups WHERE id = {id:String}"
    query_id = str(client.command(query, parameters={"id": ident}))
    client.command(f"KILL QUERY WHERE query_id = {quote(query_id)} ASYNC")
    _follow(client, ident, "cancel", lambda *_: None)


def _digests(folder: Path, show: Show, *, keep: bool = False) -> Iterator[tuple[str, str]]:
    """Name and digest of each file but the list. keep: also wait until the disk has it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != LIST)
    for number, path in enumerate(paths):
        with path.open("rb") as file:
            yield str(path.relative_to(folder)), hashlib.file_digest(file, "blake2b").hexdigest()
            if keep:
                os.fsync(file.fileno())
        show("checksums", number + 1, len(paths))


def _write_list(folder: Path, digests: Mapping[str, str]) -> None:
    """Whole or not at all, and only once all else is on the disk."""
    draft = folder / f".{LIST}"
    with draft.open("w") as file:
        json.dump({"version": 1, "files": digests}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / LIST)


def _tables(client: Client, databases: Sequence[str], engine: str = "%MergeTree") -> list[tuple[str, str]]:
    """Database and table."""
    query = """SELECT database, name FROM system.tables
    WHERE database IN {databases:Array(String)} AND engine LIKE {engine:String} ORDER BY database, name"""
    given = {"databases": list(databases), "engine": engine}
    return [(str(database), str(name)) for database, name in client.query(query, parameters=given).result_rows]


def _rows(client: Client, databases: Sequence[str]) -> dict[str, int]:
    """Rows by table; of another than the first database, by `database.table`."""
    counted = {}
    for database, table in _tables(client, databases):
        name = table if database == databases[0] else f"{database}.{table}"
        counted[name] = int(str(client.command(f"SELECT count() FROM {quote_name(database)}.{quote_name(table)}")))
    return counted


def _check_parts(client: Client, databases: Sequence[str], show: Show) -> None:
    """Every byte of every part against the checksums that the engine keeps. Raises BackupFault."""
    tables = _tables(client, databases)
    for number, (database, table) in enumerate(tables):
        name = f"{quote_name(database)}.{quote_name(table)}"
        if client.command(f"CHECK TABLE {name} SETTINGS check_query_single_value_result = 1") != 1:
            raise BackupFault(f"the table {database}.{table} came back damaged: use another backup")
        show("check", number + 1, len(tables))
