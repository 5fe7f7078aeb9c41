"""`anpr audit verify | head | report`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from clickhouse_connect.driver.client import Client
from rich.markup import escape
from rich.table import Table

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, print_json, progress_bar, say
from anpr.platform import open_lez, open_platform
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.audit.heads import HeadsUnreadable, end_of, heads_before, read_heads
from sinks.clickhouse.audit.records import Audit, canonical
from sinks.clickhouse.audit.report import Report, plates_of_officers, report
from sinks.clickhouse.audit.verify import Broken, Verified, verify
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ, POLICE

group = typer.Typer(help="The audit: is it whole, who searched for what.", no_args_is_help=True)
app.add_typer(group, name="audit")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Lez = Annotated[bool, typer.Option("--lez", help="Of the low-emission zones, whose audit is another one.")]
Day = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Up to the end of this day, UTC.")]
KINDS = {
    "own_plate": "searched their own plate",
    "colleagues_plate": "searched a colleague's plate",
    "volume": "searches far more than others",
    "odd_hours": "searches at night or on weekends",
    "burst": "many searches within minutes",
    "no_case_number": "searches without a case number",
    "same_plate": "the same plate again and again",
    "same_reason": "the same reason again and again",
    "denials": "was refused",
}


@group.command("verify")
def verify_audit(
    context: typer.Context,
    head: Annotated[str | None, typer.Option(help="What `anpr audit head` printed earlier, or its file.")] = None,
    lez: Lez = False,
    json: Json = False,
) -> None:
    """Find out whether any record was changed, removed, added or moved. Exit code 1: it was."""
    kept = read_heads(head) if head else None
    with _audited(context, lez=lez) as (client, chain), progress_bar() as show:
        found = verify(
            client,
            datetime.now(UTC),
            own=chain.read(),
            heads=kept,
            effects=(LEZ if lez else POLICE).effects,
            progress=lambda done, of: show("records", done, of),
        )
    if json:
        first = asdict(found.broken[0]) if found.broken else None
        counts = {"records": found.records, "chains": found.chains, "broken": found.broken_count}
        print_json({**counts, "intact": found.intact, "first_broken": first})
    else:
        _say_verified(found, against_head=kept is not None)
    if not found.intact:
        raise typer.Exit(1)


@contextmanager
def _audited(context: typer.Context, *, lez: bool) -> Iterator[tuple[Client, ChainFile]]:
    """The store and this folder's chain: the police's, or that of the low-emission zones."""
    settings = settings_of(context)
    if lez:
        with open_lez(settings, say) as opened:
            yield connect(opened.lez()), ChainFile(opened.lez_chain)
        return
    with open_platform(settings, broker="none", say=say) as platform:
        yield connect(platform.settings.dsn()), ChainFile(platform.settings.data_dir)


def _say_verified(found: Verified, *, against_head: bool) -> None:
    amount = f"{found.records:,} records in {found.chains} chains"
    if found.intact:
        OUT.print(f"[green]whole[/green]: {amount}" + (", as the head that was kept says" if against_head else ""))
        return
    OUT.print(f"[red]not whole[/red]: {found.broken_count} of {amount}")
    for one in found.broken[:20]:
        OUT.print(f"  {escape(_place(one))}: {escape(one.what)}", highlight=False)
    if found.broken_count > 20:
        OUT.print(f"  … and {found.broken_count - 20} more")


def _place(one: Broken) -> str:
    place = f"{one.chain}/{one.seq}" if one.chain else ""
    row = f"{one.table} {one.key}" if one.key else ""
    return " ".join(filter(None, (row, place))) or "the audit"


@group.command("head")
def head(
    context: typer.Context,
    day: Day = None,
    out: Annotated[Path | None, typer.Option(help="Also write a file that tells where, if it differs.")] = None,
    lez: Lez = False,
    json: Json = False,
) -> None:
    """Print one hash over all records, to be kept by somebody outside; `verify --head` checks against it."""
    now = datetime.now(UTC)
    until = end_of(_date(day)) if day else now
    if until > now:
        raise HeadsUnreadable(f"{day} has not ended yet (UTC): its head would change; leave --day out for one of now")
    with _audited(context, lez=lez) as (client, chain):
        Audit(client, lambda: datetime.now(UTC), chain).settle()
        heads = heads_before(client, until)
    content = heads.content()
    if out is not None:
        _write(out, canonical(content) + "\n")
    if json:
        print_json(content)
    else:
        OUT.print(heads.token, soft_wrap=True, highlight=False)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise HeadsUnreadable(f"{path} cannot be written ({error.strerror}): name a file that can") from error


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
        end_of(found)
    except ValueError as error:
        raise HeadsUnreadable(f"'{text}' is no day: write YYYY-MM-DD") from error
    return found


@group.command("report")
def report_audit(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day; unset: 30 days.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day; unset: today.")] = None,
    plates: Annotated[Path | None, typer.Option(help="CSV of officers' plates: columns officer, plate.")] = None,
    lez: Lez = False,
    json: Json = False,
) -> None:
    """Show who searched for what, and use that somebody should explain."""
    last = _date(until) if until else datetime.now(UTC).date()
    first = _date(since) if since else last - timedelta(days=30)
    if first > last:
        raise HeadsUnreadable(f"the report ends before it begins: from {first} to {last}")
    owned = plates_of_officers(plates) if plates else None
    with _audited(context, lez=lez) as (client, _chain):
        begin = end_of(first) - timedelta(days=1)
        found = report(client, begin, end_of(last), owned)
    if json:
        print_json({"from": first, "to": last, **asdict(found)})
    else:
        _show(found, first, last)


def _show(found: Report, first: date, last: date) -> None:
    OUT.print(f"Searches from {first} to {last}")
    table = Table("officer", "searches", "purposes", "plates", "nights", "weekends", "refused", "rows shown", "exports")
    for one in found.people:
        purposes = ", ".join(f"{name} {count}" for name, count in one.purposes)
        counts = (one.plates, one.nights, one.weekends, one.denied, one.shown_rows, one.exports)
        table.add_row(escape(one.officer), str(one.searches), purposes, *map(str, counts))
    OUT.print(table)
    if not found.unusual:
        OUT.print("Nothing unusual.")
        return
    unusual = Table("officer", "what", "times", "detail", "searches", title="To be explained", title_justify="left")
    for what in found.unusual:
        ids = "\n".join(what.searches)
        unusual.add_row(escape(what.officer), KINDS[what.kind], str(what.count), escape(what.detail), ids)
    OUT.print(unusual)
