"""`anpr store retention`, `anpr store hold add | list | release`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from clickhouse_connect.driver.client import Client
from rich.markup import escape
from rich.table import Table

from anpr.cli.app import settings_of
from anpr.cli.console import OUT, print_json, progress_bar, say
from anpr.cli.store import group
from anpr.platform import databases, open_lez, open_platform, open_stores
from anpr.settings import Settings
from pipeline.runtime.clock import SystemClock
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ, Controller
from sinks.clickhouse.retention.apply import Applied, apply
from sinks.clickhouse.retention.holds import UNTIL_RELEASED, Hold, HoldRefused, HoldRequest, Holds
from sinks.clickhouse.retention.proof import check, record
from sinks.clickhouse.retention.report import RetentionReport, TableState, as_json, look
from sinks.clickhouse.retention.rules import YEAR
from sinks.evidence import EvidenceStore
from sinks.evidence_retention import PicturesDue

hold_group = typer.Typer(help="What a case keeps beyond twelve months.", no_args_is_help=True)
group.add_typer(hold_group, name="hold")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Reason = Annotated[str, typer.Option(help="Why, in words. It is recorded.")]
STATES = {
    "late": "LATE:",
    "no rule": "NO RULE says how long this is kept",
    "no end": "its TTL was REMOVED",
    "other end": "its TTL was CHANGED",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the report of one controller works with."""

    controller: Controller
    client: Client
    audit: Audit
    officer: str
    holds: Holds | None = None
    """None: the low-emission zones hold nothing beyond its term."""
    pictures: EvidenceStore | None = None
    """None: not looked at."""


@dataclass(frozen=True, slots=True)
class Found:
    """One controller's report, and what was let go before it."""

    report: RetentionReport
    applied: Applied | None


@contextmanager
def _holds(context: typer.Context) -> Iterator[Holds]:
    settings = settings_of(context)
    with open_platform(settings, broker="none", say=say) as platform:
        chain = ChainFile(platform.settings.data_dir)
        yield Holds(connect(platform.settings.dsn()), _now, settings.officer, chain)


@contextmanager
def _desks(context: typer.Context, *, lez: bool, pictures: bool) -> Iterator[list[Desk]]:
    """Of the databases that the settings name, the police's first; lez: of the low-emission zones' alone."""
    opened = open_lez(settings_of(context), say) if lez else open_stores(settings_of(context), say)
    with opened as settings:
        named = [(one, dsn) for one, dsn in databases(settings) if one is LEZ or not lez]
        yield [_desk(settings, one, dsn, pictures=pictures) for one, dsn in named]


def _desk(settings: Settings, controller: Controller, dsn: str, *, pictures: bool) -> Desk:
    client = connect(dsn)
    if controller is LEZ:
        return Desk(LEZ, client, Audit(client, _now, ChainFile(settings.lez_chain)), settings.officer)
    chain = ChainFile(settings.data_dir)
    audit, holds = Audit(client, _now, chain), Holds(client, _now, settings.officer, chain)
    place = EvidenceStore.at(settings.evidence_place, SystemClock()) if pictures else None
    return Desk(controller, client, audit, settings.officer, holds, place)


def _now() -> datetime:
    return datetime.now(UTC)


@group.command("retention")
def retention(
    context: typer.Context,
    now: Annotated[bool, typer.Option("--apply", help="Let go now what is past its term, pictures too.")] = False,
    pictures: Annotated[bool, typer.Option(help="Look through the evidence pictures as well.")] = True,
    proof: Annotated[Path | None, typer.Option(help="Write the report here; its digest goes into the audit.")] = None,
    checked: Annotated[Path | None, typer.Option("--check", help="Check a report that was written before.")] = None,
    lez: Annotated[bool, typer.Option("--lez", help="The database of the low-emission zones alone.")] = False,
    json: Json = False,
) -> None:
    """Show what is stored since when, what is past its term, and what cases hold. Changes nothing without --apply.

    Of both controllers' databases, as far as the settings name them. A proof is of one: the police's, or with --lez
    that of the low-emission zones, each in its own audit.
    """
    told = _text_of(checked) if checked else ""
    with _desks(context, lez=lez, pictures=pictures) as desks:
        if checked is not None:
            _show_checked(check(desks[0].client, told), as_json=json)
            return
        found = [_look(desk, now=now) for desk in desks]
        digest = _prove(desks[0], found[0].report, proof) if proof else ""
        if json:
            others = {desk.controller.name: _content_of(one) for desk, one in zip(desks[1:], found[1:], strict=True)}
            print_json({**_content_of(found[0]), "sha256": digest or None, **others})
            return
        for desk, one in zip(desks, found, strict=True):
            OUT.print(f"[bold]{desk.controller.name}[/bold]")
            _show(one, desk, proof if desk is desks[0] else None, digest)


def _look(desk: Desk, *, now: bool) -> Found:
    applied = _apply(desk) if now else None
    report = look(desk.client, desk.holds, _now(), desk.controller)
    if desk.pictures is not None and desk.holds is not None:
        report = replace(report, pictures=_expired(desk.pictures, desk.holds, delete=now))
    if applied is not None:
        desk.audit.append("retention_applied", desk.officer, _told(applied, report))
    return Found(report, applied)


def _content_of(found: Found) -> dict[str, Any]:
    return {**as_json(found.report), "applied": found.applied and asdict(found.applied)}


def _apply(desk: Desk) -> Applied:
    with progress_bar() as progress:
        return apply(desk.client, desk.holds, _now(), progress, desk.controller)


def _expired(pictures: EvidenceStore, holds: Holds, *, delete: bool) -> PicturesDue:
    with progress_bar() as progress:
        return pictures.expire(holds.pictures(), YEAR.before(_now()), delete=delete, progress=progress)


def _told(applied: Applied, report: RetentionReport) -> dict[str, Any]:
    pictures = report.pictures
    return {
        "partitions": [list(one) for one in applied.partitions],
        "rows_copied": applied.rows_copied,
        "rows_of_released": applied.rows_of_released,
        "rows_past_due_after": sum(table.rows_past_due for table in report.tables),
        "pictures_deleted": pictures.deleted if pictures else None,
    }


def _prove(desk: Desk, report: RetentionReport, path: Path) -> str:
    text, digest = record(desk.audit, report, desk.officer)
    try:
        path.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise HoldRefused(f"the report cannot be written to {path} ({error.strerror}): name another file") from error
    return digest


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HoldRefused(f"no report can be read from {path}: name the file that --proof wrote") from error


def _show_checked(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        OUT.print(f"This report was recorded by {escape(found['recorded_by'])} at {found['recorded_at']}, unchanged.")
        OUT.print(f"SHA-256 {found['sha256']}, record {found['seq']} of chain {found['chain']}")


def _show(found: Found, desk: Desk, proof: Path | None, digest: str) -> None:
    report, applied = found.report, found.applied
    table = Table("data", "rows", "oldest", "kept for", "state")
    for one in report.tables:
        if one.state not in ("ok", "due") or (one.rows and one.aged):
            table.add_row(*_cells(one))
    OUT.print(table)
    if applied is not None:
        told = f"{len(applied.partitions)} partitions merged, {applied.rows_copied} rows copied to holds first"
        OUT.print(f"let go now: {told}", highlight=False)
    if desk.holds is not None:
        _show_holds(report)
    _show_pictures(report)
    if report.next_drop is not None:
        drop = report.next_drop
        OUT.print(f"next to go: the oldest of {drop.table}, on {_day(drop.at)} UTC", highlight=False)
    if proof:
        OUT.print(f"written to {escape(str(proof))}; its SHA-256 is in the audit: {digest}", soft_wrap=True)
    OUT.print(
        "In order." if report.in_order else "[bold red]NOT in order: run with --apply, then look again.[/bold red]"
    )


def _cells(one: TableState) -> Iterator[str]:
    yield one.table
    yield f"{one.rows:,}"
    yield f"{one.oldest:%Y-%m-%d}" if one.oldest else "-"
    yield one.term or "no end"
    yield _state(one)


def _state(one: TableState) -> str:
    if one.state == "ok":
        return "ok"
    past = f"{one.rows_past_due:,} since {one.past_due_since:%Y-%m-%d}" if one.past_due_since else ""
    if one.state == "due":
        return f"{past}: go within a day"
    return f"[bold red]{STATES[one.state]}[/bold red] {past}".rstrip()


def _show_holds(report: RetentionReport) -> None:
    holds = report.holds
    OUT.print(
        f"holds: {holds.active} active with {holds.rows:,} passages, {holds.rows_past_year:,} of them past twelve "
        f"months; {holds.released} released",
        highlight=False,
    )
    if holds.rows_missing or holds.rows_of_released:
        OUT.print(f"[bold red]{holds.rows_missing} rows not copied, {holds.rows_of_released} left of released holds[/]")


def _show_pictures(report: RetentionReport) -> None:
    found = report.pictures
    if found is None:
        return
    oldest = f"oldest of {found.oldest_day}" if found.oldest_day else "none"
    due = f"{found.due:,} past due ({found.due_bytes / 1e6:,.1f} MB)"
    since = f" since {found.due_since}" if found.due_since else ""
    strange = f"; {found.strange} folders that name no day were left alone" if found.strange else ""
    told = f"pictures: {oldest}; {due}{since}, {found.deleted:,} deleted, {found.held:,} held{strange}"
    OUT.print(told, highlight=False)


@hold_group.command("add")
def add(
    context: typer.Context,
    case_number: Annotated[str, typer.Option(help="Number of the file that needs it.")],
    reason: Reason,
    plate: Annotated[list[str] | None, typer.Option(help="A plate in full; may be repeated.")] = None,
    camera: Annotated[list[str] | None, typer.Option(help="A camera; may be repeated. Alone: everybody there.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day, UTC.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="Last day, UTC.")] = None,
    json: Json = False,
) -> None:
    """Keep passages of plates or cameras for a case, beyond twelve months, until it releases them."""
    asked = HoldRequest(
        case_number=case_number,
        reason=reason,
        plates=tuple(plate or ()),
        cameras=tuple(camera or ()),
        captured_from=_begin(since) if since else None,
        captured_until=_end(until) if until else None,
    )
    with _holds(context) as holds:
        hold = holds.place(asked)
    if json:
        print_json(_content(hold))
    else:
        OUT.print(f"hold {hold.hold_id} for file {escape(hold.case_number)}: {hold.rows:,} passages are kept")
        OUT.print("What comes in later is kept as it comes in. It ends with `anpr store hold release`.")


@hold_group.command("list")
def list_holds(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Released ones too.")] = False,
    json: Json = False,
) -> None:
    """Show what is held, for which file, and by whom."""
    with _holds(context) as holds:
        found = [hold for hold in holds.list() if every or hold.active]
    if json:
        print_json({"holds": [_content(hold) for hold in found]})
    elif not found:
        OUT.print("Nothing is held.")
    else:
        for hold in found:
            _show_hold(hold)


@hold_group.command("release")
def release(
    context: typer.Context,
    hold_id: Annotated[UUID, typer.Argument(help="The hold, as `anpr store hold list` shows it.")],
    reason: Reason,
    json: Json = False,
) -> None:
    """Give up a hold: what it kept beyond twelve months is deleted now. The record that it was there stays."""
    with _holds(context) as holds:
        released = holds.release(hold_id, reason)
    if json:
        print_json({"hold_id": hold_id, "rows": released.rows, "rows_past_year": released.rows_past_year})
    else:
        OUT.print(
            f"released: {released.rows_past_year:,} passages past twelve months are deleted; "
            f"{released.rows - released.rows_past_year:,} younger ones go when their time comes"
        )


def _show_hold(hold: Hold) -> None:
    """One hold in four lines: its identifier has to be copied, so no column may cut it."""
    what = ", ".join((*hold.plates, *(f"at {camera}" for camera in hold.cameras)))
    until = "its release" if hold.captured_until >= UNTIL_RELEASED else _day(hold.captured_until)
    OUT.print(
        f"[bold]{hold.hold_id}[/bold]  file {escape(hold.case_number)}, by {escape(hold.placed_by)}", soft_wrap=True
    )
    OUT.print(f"  {escape(what)}; passed from {_day(hold.captured_from)} until {until}", highlight=False)
    OUT.print(f"  {hold.rows:,} passages, {hold.rows_past_year:,} of them past twelve months", highlight=False)
    OUT.print(f"  {escape(hold.reason)}", highlight=False)
    if not hold.active:
        OUT.print(f"  released {_day(hold.released_at)} by {escape(hold.released_by)}: {escape(hold.release_reason)}")


def _content(hold: Hold) -> dict[str, Any]:
    released = None if hold.active else hold.released_at
    until = None if hold.captured_until >= UNTIL_RELEASED else hold.captured_until
    return {**asdict(hold), "active": hold.active, "released_at": released, "captured_until": until}


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-"


def _begin(day: str) -> datetime:
    """The beginning of a day, UTC. Raises HoldRefused."""
    try:
        found = date.fromisoformat(day)
    except ValueError as error:
        raise HoldRefused(f"'{day}' is no day: write YYYY-MM-DD") from error
    return datetime(found.year, found.month, found.day, tzinfo=UTC)


def _end(day: str) -> datetime:
    """The end of a day, UTC; of one that nobody lives to see, the end that a hold without one has."""
    begin = _begin(day)
    return begin + timedelta(days=1) if begin < UNTIL_RELEASED else UNTIL_RELEASED
