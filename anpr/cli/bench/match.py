"""`anpr bench match`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from anpr.bench.match import MatchBench, run_match_bench
from anpr.bench.match_plot import calibration_picture
from anpr.cli.app import settings_of
from anpr.cli.bench.group import (
    JsonFlag,
    RecordFile,
    Recording,
    end_in_order,
    group,
    hand_over,
    say_if_busy,
    write_picture,
)
from anpr.cli.console import OUT, progress_bar, say


@group.command("match", cls=Recording)
def match(
    context: typer.Context,
    entries: Annotated[int, typer.Option(min=1_000, max=4_500_000, help="Entries of the list.")] = 3_000_000,
    patterns: Annotated[int, typer.Option(min=0, max=1_000_000, help="Entries with wildcards.")] = 10_000,
    passages: Annotated[int, typer.Option(min=1_000, max=10_000_000, help="Passages that are compared.")] = 100_000,
    misread: Annotated[float, typer.Option(min=0, max=1, help="Share of reads that are wrong.")] = 0.03,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same list and traffic.")] = 1,
    worker: Annotated[bool, typer.Option(help="Also start a worker with the list.")] = True,
    plot: Annotated[Path | None, typer.Option(help="Where the picture of the calibration goes, an SVG file.")] = None,
    record: RecordFile = None,
    json: JsonFlag = False,
) -> None:
    """A list of millions against traffic whose truth is known: speed, memory, recall, wrong alerts."""
    end_in_order()
    bench = MatchBench(entries, patterns, passages, misread_rate=misread, seed=seed, worker=worker)
    with progress_bar() as show:
        result = run_match_bench(settings_of(context), bench, say, show)
    if plot is not None:
        write_picture(plot, calibration_picture(result["calibration"]["hits"], result["machine"]["at"][:10]))
    hand_over("match", result, record, json=json)
    if not json:
        _show_match(result)


def _show_match(result: dict[str, Any]) -> None:
    say_if_busy(result)
    took = result["us_per_read"]
    OUT.print(f"{result['reads_per_s']:,} passages/s on one core (at least 50,000; goal 150,000)")
    OUT.print(f"  of {took['whole_stage']} µs each: exact look {took['exact_look']}, patterns {took['patterns']},")
    OUT.print(f"  and {took['tolerant_look']} to look for near entries, of the {result['tolerant_share']:.0%} in doubt")
    OUT.print(f"index {result['index_mb']} MB (at most 1,500; goal 500)")
    if "start_s" in result:
        OUT.print(f"worker ready in {result['start_s']} s (at most 30), {result['worker_mb']['rss']} MB")
        OUT.print(f"a change holds after {result['update_s']} s at p95 (at most 5; goal 1)")
    OUT.print(f"listed and read right, found: {result['recall_exact']:.2%}")
    OUT.print(f"listed and one character off, found: {result['recall_one_misread']:.2%} (at least 95 %; goal 99)")
    OUT.print(f"wrong alerts: {result['wrong_alert_share']:.2%} of alerts (below 5 %; goal 1)")
    OUT.print(f"hits that a person must compare first: {result['confirm_share']:.2%}")
