"""`anpr bench search`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from anpr.bench.search import SearchBench, run_search_bench
from anpr.cli.app import settings_of
from anpr.cli.bench.group import JsonFlag, RecordFile, Recording, end_in_order, group, hand_over, say_if_busy
from anpr.cli.console import OUT, complain, progress_bar, say
from anpr.settings import SettingsFault

MOST_OFFICERS = 256


@group.command("search", cls=Recording)
def search(
    context: typer.Context,
    rows: Annotated[int, typer.Option(min=10_000, max=2_000_000_000, help="Passages of the history.")] = 1_000_000,
    officers: Annotated[str, typer.Option(help="How many ask at once, one number after the other.")] = "1,4,16",
    samples: Annotated[int, typer.Option(min=7, max=100_000, help="Questions of each number of officers.")] = 140,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same history.")] = 1,
    record: RecordFile = None,
    json: JsonFlag = False,
) -> None:
    """How long officers wait who ask at the same time: whole plates, parts, errors, days, places, company.

    Exit code 1: an answer lacked what the history has.
    """
    end_in_order()
    bench = SearchBench(rows, _numbers(officers), samples, seed)
    with progress_bar() as show:
        result = run_search_bench(settings_of(context), bench, say, show)
    hand_over("search", result, record, json=json)
    if not json:
        _show(result)
    if any(one["wrong_answers"] for one in result["officers"].values()):
        complain("answers lacked what the history has: see wrong_answers")
        raise typer.Exit(1)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(int(number) for number in text.split(",") if number.strip())
    except ValueError:
        numbers = ()
    if not numbers or any(not 1 <= number <= MOST_OFFICERS for number in numbers):
        raise SettingsFault(f"--officers {text} is no list of numbers from 1 to {MOST_OFFICERS}: write 1,4,16")
    return numbers


def _show(result: dict[str, Any]) -> None:
    say_if_busy(result)
    table = Table("officers", "p50, ms", "p95, ms", "answers/s", "store's CPU each, ms", "slowest kind")
    for count, one in result["officers"].items():
        slowest = max(one["by_question_ms"], key=lambda name: one["by_question_ms"][name]["p95"])
        told = f"{slowest} {one['by_question_ms'][slowest]['p95']} ms"
        figures = (one["ms"]["p50"], one["ms"]["p95"], one["answers_per_s"], one["store_cpu_ms"])
        table.add_row(count, *map(str, figures), told)
    OUT.print(table)
