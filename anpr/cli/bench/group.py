"""What all benchmarks share on the command line: the group, the end by signal, the record."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from anpr.bench.records.record import RESULTS, Record, keep, named, record_of
from anpr.cli.app import app
from anpr.cli.console import OUT, print_json, say

__all__ = [
    "JsonFlag",
    "RecordFile",
    "Recording",
    "end_in_order",
    "group",
    "hand_over",
    "say_if_busy",
    "write_picture",
]

group = typer.Typer(help="Measure this machine, and compare what was measured.", no_args_is_help=True)
app.add_typer(group, name="bench")
BUSY = "the machine was busy (load {load} before the start): times are too long"
USUAL = "usual"
JsonFlag = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
RecordFile = Annotated[
    Path | None,
    typer.Option(
        "--record",
        help="Keep the record in this file or folder; with none behind it, in bench/results by date and machine.",
    ),
]


class Recording(TyperCommand):
    """A command whose `--record` may stand alone."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give `--record` its usual value where none follows."""
        full: list[str] = []
        for place, word in enumerate(args):
            full.append(word)
            following = args[place + 1] if place + 1 < len(args) else "--"
            if word == "--record" and following.startswith("-"):
                full.append(USUAL)
        return list(super().parse_args(ctx, full))


@group.callback()
def bench() -> None:
    """Each benchmark runs the product's own processes and checks that nothing was lost."""


def end_in_order() -> None:
    """SIGTERM ends like Ctrl-C: what was started is ended and folders go. Asked twice it is not disturbed."""

    def end(_number: int, _frame: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        sys.exit(143)

    def interrupt(_number: int, _frame: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, interrupt)


def hand_over(name: str, result: dict[str, Any], file: Path | None, *, json: bool) -> None:
    """Keep the record where that was asked for, and print the figures where a script asked."""
    if file is not None:
        record = record_of(name, result)
        where = RESULTS if str(file) == USUAL else file
        where = where / named(record) if where == RESULTS or where.is_dir() else where
        keep(record, where)
        say(f"kept in {where}")
    if json:
        print_json(result)


def say_if_busy(result: dict[str, Any] | Record) -> None:
    """First thing: figures of a busy machine are not the product's."""
    machine = result.machine if isinstance(result, Record) else result["machine"]
    if machine["busy"]:
        OUT.print(BUSY.format(load=machine["load_before"]))


def write_picture(file: Path, text: str) -> None:
    """An SVG file in a folder that may not be there yet."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
