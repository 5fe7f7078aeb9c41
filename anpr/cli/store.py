"""`anpr store migrate | sql | backup | restore | user`."""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO, cast

import typer
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.markup import escape
from rich.table import Table

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, complain, print_json, progress_bar, say
from anpr.cli.sql_shell import run_shell
from anpr.embedded.store.backup import BackupFault, Done, Show, back_up, restore
from anpr.embedded.store.errors import StoreError
from anpr.embedded.store.sql import Kind, Statement, parse_statement
from anpr.platform import databases, open_stores
from anpr.settings import Settings, SettingsFault
from sinks.clickhouse.access import LIMITED, why_denied
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ, POLICE, Controller, controller_of_role
from sinks.clickhouse.migrate import Applied, grant_access, make_database, migrate
from sinks.clickhouse.refusal import refusal_of
from sinks.clickhouse.users import ROLES, make_user

group = typer.Typer(help="The store: its tables, SQL for analysts, backups, users.", no_args_is_help=True)
app.add_typer(group, name="store")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Lez = Annotated[bool, typer.Option("--lez", help="Of a server: the database of the low-emission zones.")]
SERVICE = "service"
SHOWN_ROWS = 1000
"""As many as anybody reads in a terminal; a billion would fill its memory."""
_SAID = re.compile(r"DB::(?:Net)?Exception: (.*?)(?: \(version [^)]*\).*)?$", re.DOTALL)


@group.command("migrate")
def migrate_store(context: typer.Context, json: Json = False) -> None:
    """Bring tables and roles up to date, of the police's database and of the low-emission zones'. May be repeated."""
    with open_stores(settings_of(context), say, tables=False) as settings:
        done = {one.name: _migrate(one, dsn, settings.store_cluster) for one, dsn in databases(settings)}
    if json:
        told = {name: {"applied": applied.done, "already": applied.already} for name, applied in done.items()}
        print_json({**told.get(POLICE.name, {}), "lez": told.get(LEZ.name)})
        return
    for name, applied in done.items():
        OUT.print(f"{name}: applied {', '.join(applied.done) or 'nothing'}; already there: {applied.already}")


def _migrate(controller: Controller, dsn: str, cluster: str | None) -> Applied:
    client = make_database(dsn, cluster)
    applied = migrate(client, cluster, controller)
    grant_access(client, cluster, controller)
    return applied


# ---- SQL -------------------------------------------------------------------------------------------------------------


@group.command("sql")
def sql(
    context: typer.Context,
    query: Annotated[str | None, typer.Argument(help="The query; a shell in a terminal, else standard input.")] = None,
    output_format: Annotated[str | None, typer.Option("--format", help="Of ClickHouse: CSVWithNames, JSON …")] = None,
    role: Annotated[str, typer.Option("--as", help=f"A role ({', '.join(ROLES)}) or {SERVICE}.")] = LIMITED,
    json: Json = False,
) -> None:
    """Ask in SQL, as an analyst: no passage without a recorded search; `anpr search` prints the id to use.

    Without a query, in a terminal, a shell. A table shows the first 1,000 rows; a FORMAT gives them all.

    `--as service` asks with all rights of who holds the data folder or the DSN, and reads only.

    \b
    anpr store sql
    anpr store sql "SELECT * FROM traffic_by_minute"
    anpr store sql "SELECT * FROM learnt_travel FORMAT CSVWithNames" > t.csv
    """
    if role not in (*ROLES, SERVICE):
        raise SettingsFault(f"no role {role}; there are {', '.join(ROLES)} and {SERVICE}")
    settings = settings_of(context)
    with open_stores(settings, say) as opened:
        client = _client(opened, role)
        if query is None and sys.stdin.isatty() and not json:
            run_shell(partial(_try, client, role), say, settings.data_dir / "sql_history")
            return
        text = query if query is not None else sys.stdin.read()
        if sum((json, output_format is not None, _named_format(text) != "")) > 1:
            raise SettingsFault("say once how to answer: --json, --format or FORMAT in the query")
        if not _try(client, role, text, output_format, json=json):
            raise typer.Exit(1)


def _client(settings: Settings, role: str) -> Client:
    return connect(settings.dsn(), readonly=1) if role == SERVICE else connect(_dsn_of(settings, role), role=role)


def _dsn_of(settings: Settings, role: str) -> str:
    """Of the database in which the role has rights. Raises SettingsFault."""
    return settings.lez() if controller_of_role(role) is LEZ else settings.dsn()


def _why_denied(error: Exception, role: str) -> str:
    if role == SERVICE:
        return why_denied(str(error), role)
    own = controller_of_role(role)
    return why_denied(str(error), role, own.roles, own.closed)


def _try(client: Client, role: str, text: str, output_format: str | None = None, *, json: bool = False) -> bool:
    """Run one query and show what comes, or one line with what is wrong."""
    try:
        _show(client, text, output_format, json=json)
    except ClickHouseError as error:
        complain(_why_denied(error, role) or _said(error))
        return False
    except KeyboardInterrupt:  # the store cancels a query whose asker is gone
        complain("interrupted")
        return False
    except BrokenPipeError:  # `| head` has seen enough; nothing is to be flushed to it at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return True


def _said(error: Exception) -> str:
    """ClickHouse's own sentence, in one line, without addresses and versions."""
    refused = refusal_of(error)
    if refused is not None:
        return str(refused)
    found = _SAID.search(str(error).strip())
    return " ".join((found[1] if found else str(error)).split())


def _show(client: Client, text: str, output_format: str | None, *, json: bool) -> None:
    if output_format or _named_format(text):
        _stream(client, text, output_format)
        return
    if json:
        result = client.query(text)
        print_json({"rows": [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]})
        return
    names, rows = _first_rows(client, text)
    table = Table(*names)
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*(escape(str(value)) for value in row))
    OUT.print(table)
    if len(rows) > SHOWN_ROWS:
        say(f"the first {SHOWN_ROWS:,} rows; for all of them add FORMAT CSVWithNames, or another one")


def _first_rows(client: Client, text: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    """Names of the columns and rows, at least one more than are shown if there are more. The store ends the rest."""
    statement = _statement(text)
    if statement is None or not statement.selects:
        result = client.query(text)
        return result.column_names, result.result_rows
    result = client.query(text, settings={"limit": SHOWN_ROWS + 1})
    return result.column_names, result.result_rows


def _statement(text: str) -> Statement | None:
    """What kind of query it is; None: none at all, which the store will say."""
    try:
        return parse_statement(text.encode("utf-8", "replace"))
    except StoreError:
        return None


def _named_format(text: str) -> str:
    """The format that the query itself names at its end; empty: none."""
    statement = _statement(text)
    return statement.format if statement is not None and statement.kind is Kind.QUERY else ""


def _stream(client: Client, text: str, output_format: str | None) -> None:
    """Bytes as the store makes them, to standard output."""
    answer = cast(BinaryIO, client.raw_stream(text.strip().rstrip(";"), fmt=output_format))
    with contextlib.closing(answer):
        while data := answer.read(1 << 16):
            sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


# ---- backup ----------------------------------------------------------------------------------------------------------


@group.command("backup")
def backup(
    context: typer.Context,
    destination: Annotated[str, typer.Argument(help="A folder that does not exist; of a server: a name on its disk.")],
    lez: Lez = False,
    json: Json = False,
) -> None:
    """Copy the whole store, while it runs. Nothing is overwritten; half a backup is not left behind.

    The embedded store with both its databases; of a server one, as each controller keeps its own: the police's, or with
    --lez that of the low-emission zones.

    Tables only: pictures lie in the folder or bucket that ANPR_EVIDENCE names. Copy them too. Of a server, stop the
    store worker meanwhile, so that all tables are of one moment; what comes in waits in Kafka.
    """
    with open_stores(settings_of(context), say, tables=False) as settings, _progress() as show:
        client = connect(settings.lez() if lez else settings.dsn())
        done = back_up(client, _place(settings_of(context), destination), show)
    _tell("backed up to", destination, done, json=json)


@group.command("restore")
def restore_store(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="What `anpr store backup` wrote.")],
    lez: Lez = False,
    json: Json = False,
) -> None:
    """Bring a backup back into an empty store, checked file by file before and part by part after.

    For example `ANPR_DATA_DIR=new anpr store restore monday`, then `anpr audit verify`.
    """
    with open_stores(settings_of(context), say, tables=False) as settings, _progress() as show:
        client = connect(settings.lez() if lez else settings.dsn())
        done = restore(client, _place(settings_of(context), source), show)
        grant_access(client, settings.store_cluster, LEZ if lez else POLICE)  # a backup carries no roles
    _tell("restored from", source, done, json=json)


def _place(settings: Settings, text: str) -> Path | str:
    """A folder of this machine, or a name on the disk of a server elsewhere."""
    return Path(text) if settings.store_dsn is None and settings.lez_dsn is None else text


@contextlib.contextmanager
def _progress() -> Iterator[Show]:
    """A bar; what goes wrong becomes one line."""
    try:
        with progress_bar() as show:
            yield show
    except (BackupFault, ClickHouseError) as error:
        complain(str(error) if isinstance(error, BackupFault) else _said(error))
        raise typer.Exit(1) from error


def _tell(what: str, where: str, done: Done, *, json: bool) -> None:
    if json:
        print_json({"place": where, **asdict(done)})
        return
    rows = sum(done.rows.values())
    OUT.print(
        f"{what} {where}: {len(done.rows)} tables, {rows:,} rows, {done.size_bytes / 1e6:,.1f} MB", soft_wrap=True
    )


# ---- users -----------------------------------------------------------------------------------------------------------


@group.command("user")
def user(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the user, for its DSN.")],
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")],
    password_file: Annotated[Path | None, typer.Option(help="Its password; asked for if left out.")] = None,
) -> None:
    """Make a user of a ClickHouse server with one role, or give it a new password."""
    settings = settings_of(context)
    if role not in ROLES:
        raise SettingsFault(f"no role {role}; there are {', '.join(ROLES)}")
    if settings.store_dsn is None and settings.lez_dsn is None:
        raise SettingsFault(f"the embedded store has no users: give {settings.data_dir / f'{role}.token'} as password")
    password = password_file.read_text().strip() if password_file else getpass.getpass(f"password of {name}: ")
    try:
        make_user(connect(_dsn_of(settings, role)), name, role, password, settings.store_cluster)
    except ClickHouseError as error:
        complain(_said(error))
        raise typer.Exit(1) from error
    OUT.print(f"{name} has the role {role}", highlight=False)
