"""`anpr bench peers`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from anpr.bench.peers.bench import ENGINES, PeersBench, run_peers_bench
from anpr.cli.app import settings_of
from anpr.cli.bench.group import JsonFlag, RecordFile, Recording, end_in_order, group, hand_over, say_if_busy
from anpr.cli.bench.pipeline import broker_named
from anpr.cli.console import OUT, say

TARGETS = {"quixstreams": (2, 3), "faust": (15, 20)}
"""At least so many times as fast, and the goal."""


@group.command("peers", cls=Recording)
def peers(
    context: typer.Context,
    reads: Annotated[int, typer.Option(min=10_000, max=5_000_000, help="Reads that each engine works off.")] = 150_000,
    entries: Annotated[int, typer.Option(min=0, max=1_000_000, help="Plates of the list.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Engines take turns in each.")] = 5,
    engines: Annotated[str, typer.Option(help="Which, ours among them.")] = ",".join(ENGINES),
    broker: Annotated[str, typer.Option(help="embedded, or kafka: Apache Kafka from its jars.")] = "embedded",
    quixstreams: Annotated[
        Path | None, typer.Option(help="A Python that has quixstreams; else one is made in the user's cache.")
    ] = None,
    record: RecordFile = None,
    json: JsonFlag = False,
) -> None:
    """The same job in ours, Quix Streams, Faust and aiokafka: decode, normalise, look up in a list, produce.

    One process each, by turns, on the same broker with the same reads. Exit code 1: one of them did not do the job.
    """
    end_in_order()
    chosen = tuple(name.strip() for name in engines.split(",") if name.strip())
    plan = PeersBench(reads, entries, rounds, chosen, broker_named(broker), quixstreams)
    result = run_peers_bench(settings_of(context), plan, say)
    hand_over("peers", result, record, json=json)
    if not json:
        _show(result)


def _show(result: dict[str, Any]) -> None:
    say_if_busy(result)
    table = Table("engine", "reads/s", "ours is faster by", "CPU s per million", "target")
    for name, rate in result["reads_per_s"].items():
        spread, faster = result["reads_per_s_spread"][name], result["ours_times_as_fast"].get(name)
        target = TARGETS.get(name)
        table.add_row(
            name,
            f"{rate:,} ({spread['least']:,}–{spread['most']:,})",
            "" if faster is None else f"{faster['median']} × ({faster['least']}–{faster['most']})",
            str(result["cpu_s_per_million"][name]),
            "" if target is None else f"{target[0]} ×, goal {target[1]} ×",
        )
    OUT.print(table)
