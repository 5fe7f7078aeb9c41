"""`anpr bench store`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from anpr.bench.machine import busy_cores
from anpr.bench.store import StoreBench, run_store_bench
from anpr.bench.store_growth import growth, growth_picture
from anpr.bench.store_questions import MORE_QUESTIONS, QUESTIONS
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
from anpr.cli.console import OUT, complain, print_json, progress_bar, say
from anpr.settings import SettingsFault

SMALLER = ("rows", "insert_rows_per_s", "bytes_per_row", "ms", "size", "machine")


@group.command("store", cls=Recording)
def store(
    context: typer.Context,
    rows: Annotated[int, typer.Option(min=10_000, max=2_000_000_000, help="Passages.")] = 1_000_000,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same history.")] = 1,
    feed: Annotated[int, typer.Option(min=1, max=100_000, help="Rows/s while asked a second time.")] = 20_000,
    grow: Annotated[str, typer.Option(help="Smaller sizes to measure first, as 1000000,10000000.")] = "",
    plot: Annotated[Path | None, typer.Option(help="Where the picture of the growth goes, an SVG file.")] = None,
    record: RecordFile = None,
    samples: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Keys of each question; 40 to 100 if not given.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Also bytes per row of each column.")] = False,
    json: JsonFlag = False,
) -> None:
    """Insert rate, bytes a row, and how long each question takes on an invented history.

    Takes 300 bytes of disk a row while it runs; at 100,000,000 rows half an hour on two free cores.
    Exit code 1: an answer lacked what the history has.
    """
    end_in_order()
    sizes = sorted({*_sizes(grow), rows})
    if plot is not None and len(sizes) < 2:
        raise SettingsFault("--plot shows growth: give smaller sizes too, with --grow 1000000,10000000")
    load = busy_cores()
    measured: list[dict[str, Any]] = []
    for size in sizes:
        bench = StoreBench(size, seed, feed, columns=verbose, samples=samples)
        with progress_bar() as show:
            measured.append(run_store_bench(settings_of(context), bench, load, say, show))
        if not json:
            _show_store(measured[-1])
        if record is not None:
            hand_over("store", _with_growth(measured), record, json=False)
    result = _with_growth(measured)
    if plot is not None:
        write_picture(plot, growth_picture(measured, result["growth"]))
    if json:
        print_json(result)
    elif "growth" in result:
        _show_growth(result["growth"])
    if any(one["wrong_answers"] for one in measured):
        complain("answers lacked what the history has: see wrong_answers")
        raise typer.Exit(1)


def _with_growth(measured: list[dict[str, Any]]) -> dict[str, Any]:
    """The largest size, and how the smaller ones grew to it."""
    if len(measured) < 2:
        return measured[-1]
    smaller = [{key: one[key] for key in SMALLER} for one in measured[:-1]]
    return measured[-1] | {"growth": growth(measured), "smaller": smaller}


def _sizes(grow: str) -> list[int]:
    try:
        return [int(size.replace("_", "")) for size in grow.split(",") if size.strip()]
    except ValueError:
        raise SettingsFault(f"--grow {grow} is no list of numbers: write 1000000,10000000") from None


def _show_store(result: dict[str, Any]) -> None:
    say_if_busy(result)
    insert, size = result["insert"], result["size"]
    OUT.print(f"{result['rows']:,} passages, {size['plates']:,} plates, {result['history']['days']} days")
    OUT.print(f"insert {insert['rows_per_s']:,} rows/s in {insert['format']} (at least 150,000; goal 250,000)")
    for form, name in (("as_the_sink_columns", "columns"), ("as_the_sink_json", "JSON")):
        sent = insert[form]
        OUT.print(
            f"  as the sink does it, {name}, one connection {sent['rows_per_s']:,} rows/s; CPU s per million: sink "
            f"{sent['sink_cpu_s_per_million']}, store {sent['store_cpu_s_per_million']}"
        )
    OUT.print(f"  with merges waited for {insert['rows_per_s_until_merged']:,} rows/s")
    OUT.print(f"bytes a row {result['bytes_per_row']} (at most 60; goal 40): {size['by_table']}")
    OUT.print(f"  the running month, not yet merged to one part: {result['bytes_per_row_at_rest']}")
    table = Table("ms", "p50", "p95", "p99", "p95 warm", "p95 while inserting", "at most", "goal", "what")
    for question in QUESTIONS:
        took = result["ms"][question.name]
        figures = (took["p50"], took["p95"], took["p99"], took["warm"]["p95"], took["while_inserting"]["p95"])
        limits = (f"{question.target_ms:g}", f"{question.goal_ms:g}")
        table.add_row(question.name, *map(str, figures), *limits, question.meaning)
    for question in MORE_QUESTIONS:
        took = result["more_ms"][question.name]
        figures = (took["p50"], took["p95"], took["p99"], took["warm"]["p95"], "")
        table.add_row(question.name, *map(str, figures), f"{question.target_ms:g}", "", question.meaning)
    OUT.print(table)
    for name, size_of in list(result.get("columns", {}).items())[:30]:
        OUT.print(f"  {size_of:6.2f} {name}")


def _show_growth(found: dict[str, Any]) -> None:
    table = Table("p95, ms", *(f"{rows:,}" for rows in found["rows"]), "1 bn", "20 bn", "grows with")
    for name, line in found["p95_ms"].items():
        measured = map(str, line["measured"])
        table.add_row(name, *measured, str(line["at_1bn"]), str(line["at_20bn"]), line["grows_with"])
    OUT.print(table)
