"""`anpr hotlist import | diff | export`: whole lists."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.markup import escape

from anpr.cli.console import OUT, print_json, progress_bar, say
from anpr.cli.hotlist.desk import Json, Lists, group, open_lists, open_lists_to_check, open_lists_to_read
from console.hotlist.desk import ListDesk
from console.hotlist.files import FileRefused, ListFile
from console.hotlist.importing import Import, changes, check_scope, counts, given, gone_by, publish, read_file
from console.hotlist.reading import Refusal
from console.hotlist.writing import Draftfile
from sinks.clickhouse.queries.listed import all_entries

FileArgument = Annotated[Path, typer.Argument(help="CSV (any separator, first line names the columns), JSON or JSONL.")]
OwnerOption = Annotated[str, typer.Option(help="Of lines that name no owner; with --replace, whose list it is.")]
KindOption = Annotated[str, typer.Option(help="Of lines that name no kind; with --replace, which list it is.")]
ReasonOption = Annotated[str, typer.Option(help="Of lines that state no reason.")]
SHOWN = 20


@group.command("import")
def import_file(
    context: typer.Context,
    file: FileArgument,
    owner: OwnerOption = "",
    kind: KindOption = "",
    reason: ReasonOption = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="The file is the whole list: what it does not name is taken off.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Even if that takes off a large part of the list.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Take nothing if a line is refused.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read, check and compare; change nothing.")] = False,
    refused_to: Annotated[
        Path | None, typer.Option("--refused", help="Write refused lines, number and reason, to this new CSV.")
    ] = None,
    json: Json = False,
) -> None:
    """List what a file names; lines that are no entries are refused by number, all others are taken. Recorded in the
    audit with the file's digest. Exit code 1 if a line was refused.

    Columns: entry_id, list_kind, plate, country, owner, priority, reason, instruction, dangerous, valid_from,
    valid_until, case_number, vehicle, zones, cameras, circle, hours. Only plate is needed, if the rest is given here.
    """
    check_scope(replace, owner, kind)
    with _lists(context, dry_run) as lists, tempfile.TemporaryFile() as spool:
        job = _read(lists.desk, file, given(owner, kind, reason), lists.desk.permit, spool)
        gone = gone_by(job, owner, kind, force=force) if replace else []
        stopped = dry_run or (strict and bool(job.reading.refused))
        if not stopped:
            _publish(lists.desk, job, gone)
            lists.settle()
    if refused_to is not None:
        _write_refused(refused_to, job.reading.refused)
    told = {**counts(job, gone), "published": not stopped, "dry_run": dry_run, "sha256": job.sha256}
    print_json(told) if json else _show(job, gone, stopped, strict)
    raise typer.Exit(1 if job.reading.refused else 0)


@group.command("diff")
def diff(
    context: typer.Context,
    file: FileArgument,
    owner: OwnerOption = "",
    kind: KindOption = "",
    reason: ReasonOption = "",
    replace: Annotated[bool, typer.Option("--replace", help="Also what the file does not name.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most entries of each sort.")] = SHOWN,
    json: Json = False,
) -> None:
    """What `import` would change, entry by entry. Changes nothing."""
    check_scope(replace, owner, kind)
    with open_lists_to_read(context) as desk, tempfile.TemporaryFile() as spool:
        job = _read(desk, file, given(owner, kind, reason), lambda _standing: lambda _entry: "", spool)
        gone = gone_by(job, owner, kind, force=True) if replace else []
        found = list(changes(desk, job, limit))
        desk.looked_at([one["entry_id"] for one in found], 0)
    if json:
        print_json({**counts(job, gone), "changes": found, "removed_ids": gone[:limit]})
    else:
        _show(job, gone, stopped=True, strict=False)
        _show_changes(found, gone[:limit])


def _read(desk: ListDesk, path: Path, said: Mapping[str, str], permit: Any, spool: BinaryIO) -> Import:
    file = ListFile(path)
    lines = file.count_lines()
    say("reading the lists as they stand")
    with progress_bar() as show:

        def tell(done: int) -> None:
            show("reading", done, max(lines, done))

        return read_file(desk, file, said, permit, spool, tell)


def _publish(desk: ListDesk, job: Import, gone: Sequence[str]) -> None:
    total = job.reading.new + job.reading.changed + len(gone)
    with progress_bar() as show:
        publish(desk, job, gone, lambda done: show("publishing", done, total))


def _lists(context: typer.Context, dry_run: bool) -> AbstractContextManager[Lists]:
    """To be changed, unless nothing is to be."""
    return open_lists_to_check(context) if dry_run else open_lists(context)


def _show(job: Import, gone: Sequence[str], stopped: bool, strict: bool) -> None:
    reading = job.reading
    OUT.print(f"{escape(str(job.file.path))}: {reading.lines:,} lines", highlight=False)
    for name, count in (
        ("new", reading.new),
        ("changed", reading.changed),
        ("as it was", reading.unchanged),
        ("taken off", len(gone)),
        ("no longer valid, left out", reading.expired),
        ("said twice", reading.repeated),
        ("refused", len(reading.refused)),
    ):
        if count:
            OUT.print(f"  {name:26}{count:>12,}", highlight=False)
    for one in reading.refused[:SHOWN]:
        OUT.print(f"  [yellow]line {one.number:,}[/yellow]: {escape(one.why)}", highlight=False, soft_wrap=True)
    if len(reading.refused) > SHOWN:
        OUT.print(f"  … and {len(reading.refused) - SHOWN:,} more: --refused FILE writes them all", highlight=False)
    if stopped:
        OUT.print("Nothing was changed." + (" --strict: a line was refused." if strict and reading.refused else ""))
    else:
        OUT.print(f"Published: {reading.new + reading.changed + len(gone):,} changes, in force within seconds.")


def _show_changes(changes: Sequence[Mapping[str, Any]], gone: Sequence[str]) -> None:
    for one in changes:
        OUT.print(f"[bold]{one['change']}[/bold] {escape(one['entry_id'])}", highlight=False)
        for name, (was, now) in one["fields"].items():
            if name != "entry_id":
                text = f"{was or '-'} → {now or '-'}" if one["change"] == "changed" else now
                OUT.print(f"  {name.replace('_', ' '):12} {escape(str(text))}", highlight=False, soft_wrap=True)
    for name in gone:
        OUT.print(f"[bold]taken off[/bold] {escape(name)}", highlight=False)


def _write_refused(path: Path, refused: Sequence[Refusal]) -> None:
    try:
        with path.open("x", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("line", "why"))
            writer.writerows(refused)
    except OSError as error:
        raise FileRefused(f"--refused {path}: {error.strerror}") from error


@group.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="New file, .csv or .jsonl, as `import` reads it.")],
    owner: Annotated[str, typer.Option(help="Only entries of this owner.")] = "",
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind; may be given again.")] = None,
    json: Json = False,
) -> None:
    """Write entries to a file. Recorded in the audit with its digest."""
    draft = Draftfile(file)
    with open_lists_to_read(context) as desk, _kept(draft), progress_bar() as show:
        draft.write(all_entries(desk.client, owner, kind or []), lambda done: show("writing", done, 0))
        desk.exported(
            {"file": file.name, "owner": owner, "kinds": kind or [], "rows": draft.rows, "sha256": draft.sha256}
        )
    if json:
        print_json({"file": str(file), "entries": draft.rows, "sha256": draft.sha256})
    else:
        OUT.print(f"{draft.rows:,} entries written to {escape(str(file))}", highlight=False)


@contextmanager
def _kept(draft: Draftfile) -> Iterator[None]:
    """The file takes its name if all went well."""
    try:
        yield
    except BaseException:
        draft.drop()
        raise
    draft.keep()
