"""`anpr bench all`: every benchmark, one after the other, each with its record."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from anpr.bench.records.record import RESULTS
from anpr.cli.app import settings_of
from anpr.cli.bench.group import JsonFlag, end_in_order, group
from anpr.cli.console import complain, print_json, say

USUAL: tuple[tuple[str, ...], ...] = (
    ("pipeline", "--seconds", "60", "--entries", "3000000"),
    ("pipeline", "--seconds", "60", "--rate", "1000,5000,20000", "--entries", "3000000"),
    ("pipeline", "--sweep", "cameras=450,10000", "--sweep", "entries=0,3000000", "--seconds", "30"),
    ("peers",),
    ("match",),
    ("lez",),
    ("store", "--rows", "10000000"),
    ("search", "--rows", "10000000"),
    ("vision",),
)
QUICK: tuple[tuple[str, ...], ...] = (
    ("pipeline", "--seconds", "10", "--entries", "100000", "--vehicles", "200000"),
    ("pipeline", "--seconds", "10", "--rate", "1000,5000", "--vehicles", "200000"),
    ("pipeline", "--sweep", "cameras=450,10000", "--seconds", "5", "--rounds", "2", "--vehicles", "200000"),
    ("peers", "--reads", "50000", "--rounds", "2"),
    ("match", "--entries", "100000", "--passages", "20000"),
    ("lez", "--vehicles", "300000", "--passages", "50000"),
    ("store", "--rows", "1000000", "--samples", "10"),
    ("search", "--rows", "300000", "--samples", "56"),
    ("vision", "--pictures", "13"),
)


@group.command("all")
def everything(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes: some ten minutes instead of two hours.")] = False,
    results: Annotated[Path, typer.Option(help="Folder for the records.")] = RESULTS,
    json: JsonFlag = False,
) -> None:
    """Run every benchmark, each in a process of its own, and keep its record; then see `anpr bench report`.

    Exit code 1: one of them failed; the others ran all the same.
    """
    end_in_order()
    results.mkdir(parents=True, exist_ok=True)
    before, failed = set(results.glob("*.json")), []
    for words in QUICK if quick else USUAL:
        told = f"anpr bench {' '.join(words)}"
        say(told)
        if _run(settings_of(context).data_dir, (*words, "--record", str(results))) != 0:
            failed.append(told)
    if json:
        print_json({"records": sorted(str(file) for file in set(results.glob("*.json")) - before), "failed": failed})
    for told in failed:
        complain(f"failed: {told}")
    if failed:
        raise typer.Exit(1)


def _run(data_dir: Path, words: Sequence[str]) -> int:
    """Exit code. What it says goes to our standard error, so that ours ends with one JSON object; it ends with us."""
    command = [sys.executable, "-m", "anpr", "--data-dir", str(data_dir), "bench", *words]
    with subprocess.Popen(command, stdout=sys.stderr.fileno()) as child:
        try:
            return child.wait()
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
