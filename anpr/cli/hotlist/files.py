"""`anpr hotlist import | diff | export`: whole lists."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.markup import escape

from anpr.cli.console import OUT, print_json, progress_bar, say
from anpr.cli.hotlist.desk import (
    Json,
    Lists,
    group,
    open_lists,
    open_lists_to_check,
    open_lists_to_read,
    to_milliseconds,
)
from anpr.hotlist.desk import NAMED_AT_MOST, ListDesk, removals
from anpr.hotlist.fields import Draft, LineRefused
from anpr.hotlist.files import FileRefused, ListFile
from anpr.hotlist.reading import Reading, Refusal, read_list
from anpr.hotlist.standing import Standing
from anpr.hotlist.writing import Draftfile, said_of
from schemas.codec import decoder
from schemas.hotlist import HotlistEntry
from sinks.clickhouse.queries.listed import all_entries

FileArgument = Annotated[Path, typer.Argument(help="CSV (any separator, first line names the columns), JSON or JSONL.")]
OwnerOption = Annotated[str, typer.Option(help="Of lines that name no owner; with --replace, whose list it is.")]
KindOption = Annotated[str, typer.Option(help="Of lines that name no kind; with --replace, which list it is.")]
ReasonOption = Annotated[str, typer.Option(help="Of lines that state no reason.")]
SHOWN = 20
GONE_SHARE, GONE_COUNT = 0.2, 10
"""More than this share, and number, of a list is taken off by a file only with --force: the file may be cut short."""


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
    _check_scope(replace, owner, kind)
    with _lists(context, dry_run) as lists, tempfile.TemporaryFile() as spool:
        job = _read(lists.desk, file, _given(owner, kind, reason), lists.desk.permit, spool)
        gone = _gone(job, owner, kind, force) if replace else []
        stopped = dry_run or (strict and bool(job.reading.refused))
        if not stopped:
            _publish(lists.desk, job, gone)
            lists.settle()
    if refused_to is not None:
        _write_refused(refused_to, job.reading.refused)
    told = {**_counts(job, gone), "published": not stopped, "dry_run": dry_run, "sha256": job.sha256}
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
    _check_scope(replace, owner, kind)
    with open_lists_to_read(context) as desk, tempfile.TemporaryFile() as spool:
        job = _read(desk, file, _given(owner, kind, reason), lambda _standing: lambda _entry: "", spool)
        gone = _gone(job, owner, kind, force=True) if replace else []
        changes = list(_changes(desk, job, limit))
        desk.looked_at([one["entry_id"] for one in changes], 0)
    if json:
        print_json({**_counts(job, gone), "changes": changes, "removed_ids": gone[:limit]})
    else:
        _show(job, gone, stopped=True, strict=False)
        _show_changes(changes, gone[:limit])


@dataclass(frozen=True, slots=True)
class _Job:
    """One file against the lists."""

    file: ListFile
    sha256: str
    standing: Standing
    reading: Reading


def _check_scope(replace: bool, owner: str, kind: str) -> None:
    if replace and not (owner and kind):
        raise LineRefused("--replace takes off what the file does not name: say of which list, with --owner and --kind")


def _given(owner: str, kind: str, reason: str) -> Mapping[str, str]:
    said = {"owner": owner, "list_kind": kind, "reason": reason}
    return {name: text for name, text in said.items() if text}


def _read(desk: ListDesk, path: Path, given: Mapping[str, str], permit: Any, spool: BinaryIO) -> _Job:
    file = ListFile(path)
    digest, lines = file.digest(), _count_lines(path)
    say("reading the lists as they stand")
    standing = Standing.of(desk.client)
    draft = Draft(to_milliseconds(datetime.now(UTC)), given)
    with progress_bar() as show:

        def tell(done: int) -> None:
            show("reading", done, max(lines, done))

        reading = read_list(file.lines(), draft, standing, permit(standing), tell, spool)
    return _Job(file, digest, standing, reading)


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _gone(job: _Job, owner: str, kind: str, force: bool) -> list[str]:
    """Entries of the list that the file does not name. Raises LineRefused where they are suspiciously many."""
    of_list = list(job.standing.of_list(owner, kind))
    gone = [name for name in of_list if not job.reading.names(name)]
    if not force and len(gone) > max(GONE_COUNT, GONE_SHARE * len(of_list)):
        raise LineRefused(
            f"this file would take {len(gone):,} of {len(of_list):,} entries off the list: is it whole? "
            "Look with `anpr hotlist diff --replace`, then --force"
        )
    return gone


def _publish(desk: ListDesk, job: _Job, gone: Sequence[str]) -> None:
    counts = _counts(job, gone)
    names = list(islice((name for name, _ in job.reading.to_publish(job.standing)), NAMED_AT_MOST))
    desk.record(
        "file_imported",
        {
            **{name: counts[name] for name in ("lines", "new", "changed", "unchanged", "removed", "refused")},
            **{"file": job.file.path.name, "sha256": job.sha256},
            **{"entries": names, "removed_entries": gone[:NAMED_AT_MOST]},
        },
    )
    total = job.reading.new + job.reading.changed + len(gone)
    with progress_bar() as show:
        desk.publish(_all(job, gone), lambda done: show("publishing", done, total))


def _all(job: _Job, gone: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    yield from job.reading.to_publish(job.standing)
    yield from removals(gone)


def _counts(job: _Job, gone: Sequence[str]) -> dict[str, Any]:
    reading = job.reading
    return {
        "file": str(job.file.path),
        "lines": reading.lines,
        "entries": reading.entries,
        "new": reading.new,
        "changed": reading.changed,
        "unchanged": reading.unchanged,
        "removed": len(gone),
        "expired": reading.expired,
        "repeated": reading.repeated,
        "refused": len(reading.refused),
        "refused_lines": [{"line": one.number, "why": one.why} for one in reading.refused[:1000]],
    }


def _lists(context: typer.Context, dry_run: bool) -> AbstractContextManager[Lists]:
    """To be changed, unless nothing is to be."""
    return open_lists_to_check(context) if dry_run else open_lists(context)


def _show(job: _Job, gone: Sequence[str], stopped: bool, strict: bool) -> None:
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


def _changes(desk: ListDesk, job: _Job, limit: int) -> Iterator[dict[str, Any]]:
    """New and changed entries, of the latter what was and what would be, by field."""
    decode = decoder(HotlistEntry)
    picked = [(name, decode(value)) for name, value in islice(job.reading.to_publish(job.standing), limit)]
    before = {one.entry_id: said_of(one) for one in desk.find([name for name, _ in picked])}
    for name, entry in picked:
        now, was = said_of(entry), before.get(name)
        if was is None:
            yield {"entry_id": name, "change": "new", "fields": {k: [None, v] for k, v in now.items() if v}}
        else:
            yield {
                "entry_id": name,
                "change": "changed",
                "fields": {k: [was[k], v] for k, v in now.items() if v != was[k]},
            }


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
