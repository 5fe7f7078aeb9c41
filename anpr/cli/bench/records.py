"""`anpr bench report` and `anpr bench compare`: what was kept of benchmarks."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from anpr.bench.records.compare import Change, compare
from anpr.bench.records.record import RESULTS, Record, load
from anpr.bench.records.report import write_report
from anpr.cli.bench.group import JsonFlag, group
from anpr.cli.console import OUT, complain, print_json, say
from anpr.settings import SettingsFault

SHOWN_SAME = 12


@group.command("report")
def report(
    out: Annotated[Path, typer.Option(help="The page: a .md with pictures beside it, or a single .html.")] = Path(
        "docs/benchmarks.md"
    ),
    results: Annotated[Path, typer.Option(help="Folder of the records.")] = RESULTS,
) -> None:
    """One page of all records: figures with their targets, and how they went over time. Same records, same page."""
    files = write_report(sorted(results.glob("*.json")), out)
    say(f"{len(files)} files written, the page is {out}")


@group.command("compare")
def compare_records(
    before: Annotated[str, typer.Argument(help="A record, several with commas between, or a folder of records.")],
    after: Annotated[str, typer.Argument(help="The same, of the state that is judged.")],
    anyway: Annotated[bool, typer.Option("--anyway", help="Also of different machines or settings.")] = False,
    json: JsonFlag = False,
) -> None:
    """Has it become slower? Exit code 1: a figure is worse by more than the noise."""
    old, new = _records(before), _records(after)
    changes = compare(old, new, anyway=anyway)
    worse = [change for change in changes if change.verdict == "worse"]
    if json:
        print_json({"regressions": len(worse), "changes": [_as_json(change) for change in changes]})
    else:
        _show(old, new, changes)
    if worse:
        complain(_sentence(worse))
        raise typer.Exit(1)


def _records(text: str) -> list[Record]:
    files = [file for part in text.split(",") if part.strip() for file in _files(Path(part.strip()))]
    if not files:
        raise SettingsFault(f"{text} names no record")
    return [load(file) for file in files]


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.json")) if path.is_dir() else [path]


def _as_json(change: Change) -> dict[str, object]:
    ratio = None if math.isnan(change.ratio) else round(change.ratio, 4)
    return asdict(change) | {"ratio": ratio, "noise": round(change.noise, 4)}


def _show(old: list[Record], new: list[Record], changes: list[Change]) -> None:
    busy = sum(record.busy for record in (*old, *new))
    if busy:
        OUT.print(f"{busy} of {len(old) + len(new)} records are of a busy machine: their times are too long")
    table = Table("figure", "before", "after", "change", "noise", "verdict")
    changed = [change for change in changes if change.verdict != "same"]
    same = [change for change in changes if change.verdict == "same"]
    for change in (*changed, *same[:SHOWN_SAME]):
        ratio = "" if math.isnan(change.ratio) else f"{(change.ratio - 1) * 100:+.1f} %"
        sure = f"{change.noise * 100:.0f} %" + ("" if change.repeated else " assumed")
        table.add_row(change.figure, f"{change.before:,.6g}", f"{change.after:,.6g}", ratio, sure, change.verdict)
    OUT.print(table)
    rest = len(same) - SHOWN_SAME
    if rest > 0:
        OUT.print(f"and {rest} more that are the same within the noise")
    if not any(change.verdict == "worse" for change in changes):
        OUT.print(f"no regression: none of {len(changes)} figures is worse by more than its noise")


def _sentence(worse: list[Change]) -> str:
    first = worse[0]
    by = "" if math.isnan(first.ratio) else f" by {abs(first.ratio - 1) * 100:.0f} %, noise {first.noise * 100:.0f} %"
    more = f" and {len(worse) - 1} more" if len(worse) > 1 else ""
    return f"regression: {first.figure} went from {first.before:,.6g} to {first.after:,.6g}{by}{more}"
