"""`anpr bench simulate`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from anpr.bench.simulate import SimulateBench, run_simulate_bench
from anpr.cli.bench.group import JsonFlag, RecordFile, Recording, end_in_order, group, hand_over, say_if_busy
from anpr.cli.console import OUT
from anpr.simulate.plan import SimulationRefused


@group.command("simulate", cls=Recording)
def simulate(
    cameras: Annotated[str, typer.Option(help="Numbers of cameras, by commas.")] = "450,5000,10000",
    reads: Annotated[int, typer.Option(min=10_000, help="At each number of cameras, about.")] = 1_000_000,
    rate: Annotated[float, typer.Option(min=1, max=50_000, help="Reads a second of event time.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same traffic.")] = 1,
    record: RecordFile = None,
    json: JsonFlag = False,
) -> None:
    """Traffic of a city and of a country: encoded reads made by one core, and the memory that takes."""
    end_in_order()
    result = run_simulate_bench(SimulateBench(_numbers(cameras), reads, rate, seed))
    hand_over("simulate", result, record, json=json)
    if not json:
        _show(result)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(24 <= one <= 20_000 for one in found):
        raise SimulationRefused(f"--cameras {text} is no list of numbers from 24 to 20,000: write 450,5000")
    return found


def _show(result: dict[str, Any]) -> None:
    say_if_busy(result)
    for one in result["sizes"]:
        low, high = one["spread"]
        OUT.print(
            f"{one['cameras']:,} cameras, {one['vehicles']:,} vehicles: {one['reads_per_s']:,} reads/s a core "
            f"({low:,} to {high:,}; at least 100,000), {one['reads_per_s_with_truth']:,} with truth lines; "
            f"built in {one['build_s']} s; {one['rss_mb'][0]} MB, at the end {one['rss_mb'][-1]}"
        )
