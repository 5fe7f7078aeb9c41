"""`anpr bench lez`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from anpr.bench.lez import LezBench, run_lez_bench
from anpr.cli.app import settings_of
from anpr.cli.bench.group import JsonFlag, RecordFile, Recording, end_in_order, group, hand_over, say_if_busy
from anpr.cli.console import OUT, progress_bar, say


@group.command("lez", cls=Recording)
def lez(
    context: typer.Context,
    vehicles: Annotated[int, typer.Option(min=1_000, max=19_000_000, help="Of the register.")] = 7_700_000,
    passages: Annotated[int, typer.Option(min=1_000, max=5_000_000, help="Passages that are judged.")] = 300_000,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same register and traffic.")] = 1,
    record: RecordFile = None,
    json: JsonFlag = False,
) -> None:
    """A national vehicle register in memory and passages judged with it: speed, memory, start from a snapshot."""
    end_in_order()
    with progress_bar() as show:
        result = run_lez_bench(settings_of(context), LezBench(vehicles, passages, seed), say, show)
    hand_over("lez", result, record, json=json)
    if not json:
        _show_lez(result)


def _show_lez(result: dict[str, Any]) -> None:
    say_if_busy(result)
    OUT.print(f"{result['reads_per_s']:,} passages/s judged on one core (at least 100,000; goal 300,000)")
    OUT.print(
        f"  {result['us_per_read']} µs each; {result['us_per_read_of_a_new_day']} while nothing is remembered yet"
    )
    OUT.print(f"register {result['memory_mb']} MB (at most 1,000; goal 300), {result['snapshot_mb']} MB on the disk")
    OUT.print(f"  read from its messages it takes {result['memory_without_snapshot_mb']} MB")
    OUT.print(
        f"ready from a snapshot in {result['start_s']} s (at most 15), without in {result['without_snapshot_s']} s"
    )
    OUT.print(f"{result['changes_per_s']:,} changes/s; a thousand hold after {result['change_of_1000_ms']} ms at p95")
    OUT.print(f"verdicts: {result['verdicts']}")
