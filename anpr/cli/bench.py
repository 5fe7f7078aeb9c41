"""`anpr bench …`."""

from __future__ import annotations

import os
import signal
import sys
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from anpr.bench.lez import LezBench, run_lez_bench
from anpr.bench.match import MatchBench, run_match_bench
from anpr.bench.match_plot import calibration_picture
from anpr.bench.pipeline import PipelineBench, run_pipeline_bench
from anpr.bench.store import StoreBench, run_store_bench
from anpr.bench.store_growth import growth, growth_picture
from anpr.bench.store_questions import MORE_QUESTIONS, QUESTIONS
from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, complain, print_json, progress_bar, say
from anpr.settings import SettingsFault

SMALLER = ("rows", "insert_rows_per_s", "bytes_per_row", "ms", "size", "machine")
group = typer.Typer(help="Measure this machine.", no_args_is_help=True)
app.add_typer(group, name="bench")


@group.callback()
def bench() -> None:
    """Each benchmark runs the product's own processes and checks that nothing was lost."""


@group.command("pipeline")
def pipeline(
    context: typer.Context,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="Length of each phase.")] = 20,
    rate: Annotated[float | None, typer.Option(min=1, help="Only the latency phase, at this rate.")] = None,
    cameras: Annotated[int, typer.Option(min=1, max=20_000)] = 450,
    lez_share: Annotated[float, typer.Option(min=0, max=1, help="Share of cameras in a low-emission zone.")] = 0.4,
    broker: Annotated[str, typer.Option(help="embedded, or kafka: Apache Kafka from its jars.")] = "embedded",
    json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """Sustained reads a second end to end, and the time from read to hit at 1,000 a second."""
    if broker not in ("embedded", "kafka"):
        raise SettingsFault(f"broker {broker} is neither embedded nor kafka")
    plan = PipelineBench(seconds, rate, cameras, lez_share, broker="kafka" if broker == "kafka" else "embedded")
    result = run_pipeline_bench(settings_of(context), plan, say)
    if json:
        print_json(result)
    else:
        _show(result)


def _show(result: dict[str, Any]) -> None:
    if "reads_per_s" in result:
        OUT.print(f"sustained: {result['reads_per_s']:,} reads/s, {result['cpu_s_per_million']} CPU s per million")
        for name, value in sorted(result["cpu_s_per_million_by_process"].items(), key=lambda item: -item[1]):
            OUT.print(f"  {name:12} {value:6.1f} CPU s per million, {result['rss_mb'].get(name, 0):7.1f} MB")
    delay = result["read_to_hit_ms"]
    OUT.print(f"read to hit at {delay['rate']:g}/s: p50 {delay['p50']} ms, p99 {delay['p99']} ms, {delay['hits']} hits")
    OUT.print(
        f"{result['reads']:,} reads: {result['lost']} lost, {result['duplicated']} duplicated, "
        f"{result['hits_missing']} hits and {result['verdicts_missing']} verdicts missing"
    )


@group.command("store")
def store(
    context: typer.Context,
    rows: Annotated[int, typer.Option(min=10_000, max=2_000_000_000, help="Passages.")] = 1_000_000,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same history.")] = 1,
    feed: Annotated[int, typer.Option(min=1, max=100_000, help="Rows/s while asked a second time.")] = 20_000,
    grow: Annotated[str, typer.Option(help="Smaller sizes to measure first, as 1000000,10000000.")] = "",
    plot: Annotated[Path | None, typer.Option(help="Where the picture of the growth goes, an SVG file.")] = None,
    record: Annotated[Path | None, typer.Option(help="Also write the JSON there, after each size.")] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Keys of each question; 40 to 100 if not given.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Also bytes per row of each column.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """Insert rate, bytes a row, and how long each question takes on an invented history.

    Takes 300 bytes of disk a row while it runs; at 100,000,000 rows half an hour on two free cores.
    Exit code 1: an answer lacked what the history has.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the store ends and its folder goes
    sizes = sorted({*_sizes(grow), rows})
    if plot is not None and len(sizes) < 2:
        raise SettingsFault("--plot shows growth: give smaller sizes too, with --grow 1000000,10000000")
    load = os.getloadavg()[0]
    measured: list[dict[str, Any]] = []
    for size in sizes:
        bench = StoreBench(size, seed, feed, columns=verbose, samples=samples)
        with progress_bar() as show:
            measured.append(run_store_bench(settings_of(context), bench, load, say, show))
        if not json:
            _show_store(measured[-1])
        if record is not None:
            _write(record, dumps(_with_growth(measured), indent=1))
    result = _with_growth(measured)
    if plot is not None:
        _write(plot, growth_picture(measured, result["growth"]))
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


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _sizes(grow: str) -> list[int]:
    try:
        return [int(size.replace("_", "")) for size in grow.split(",") if size.strip()]
    except ValueError:
        raise SettingsFault(f"--grow {grow} is no list of numbers: write 1000000,10000000") from None


def _show_store(result: dict[str, Any]) -> None:
    if result["machine"]["busy"]:
        OUT.print(f"the machine was busy (load {result['machine']['load_before']}): times are too long")
    insert, size = result["insert"], result["size"]
    OUT.print(f"{result['rows']:,} passages, {size['plates']:,} plates, {result['history']['days']} days")
    OUT.print(f"insert {insert['rows_per_s']:,} rows/s in {insert['format']} (at least 150,000; goal 250,000)")
    OUT.print(f"  as the sink sends them, JSON, one connection {insert['as_the_sink_json']['rows_per_s']:,} rows/s")
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


@group.command("match")
def match(
    context: typer.Context,
    entries: Annotated[int, typer.Option(min=1_000, max=4_500_000, help="Entries of the list.")] = 3_000_000,
    patterns: Annotated[int, typer.Option(min=0, max=1_000_000, help="Entries with wildcards.")] = 10_000,
    passages: Annotated[int, typer.Option(min=1_000, max=10_000_000, help="Passages that are compared.")] = 100_000,
    misread: Annotated[float, typer.Option(min=0, max=1, help="Share of reads that are wrong.")] = 0.03,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same list and traffic.")] = 1,
    worker: Annotated[bool, typer.Option(help="Also start a worker with the list.")] = True,
    plot: Annotated[Path | None, typer.Option(help="Where the picture of the calibration goes, an SVG file.")] = None,
    record: Annotated[Path | None, typer.Option(help="Also write the JSON there.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """A list of millions against traffic whose truth is known: speed, memory, recall, wrong alerts."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that worker and broker end and their folder goes
    bench = MatchBench(entries, patterns, passages, misread_rate=misread, seed=seed, worker=worker)
    with progress_bar() as show:
        result = run_match_bench(settings_of(context), bench, say, show)
    if record is not None:
        _write(record, dumps(result, indent=1))
    if plot is not None:
        _write(plot, calibration_picture(result["calibration"]["hits"], result["machine"]["at"][:10]))
    if json:
        print_json(result)
    else:
        _show_match(result)


def _show_match(result: dict[str, Any]) -> None:
    if result["machine"]["busy"]:
        OUT.print(f"the machine was busy (load {result['machine']['load_before']}): times are too long")
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


@group.command("lez")
def lez(
    context: typer.Context,
    vehicles: Annotated[int, typer.Option(min=1_000, max=19_000_000, help="Of the register.")] = 7_700_000,
    passages: Annotated[int, typer.Option(min=1_000, max=5_000_000, help="Passages that are judged.")] = 300_000,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same register and traffic.")] = 1,
    record: Annotated[Path | None, typer.Option(help="Also write the JSON there.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """A national vehicle register in memory and passages judged with it: speed, memory, start from a snapshot."""
    with progress_bar() as show:
        result = run_lez_bench(settings_of(context), LezBench(vehicles, passages, seed), say, show)
    if record is not None:
        _write(record, dumps(result, indent=1))
    if json:
        print_json(result)
    else:
        _show_lez(result)


def _show_lez(result: dict[str, Any]) -> None:
    if result["machine"]["busy"]:
        OUT.print(f"the machine was busy (load {result['machine']['load_before']}): times are too long")
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
