"""`anpr chaos`."""

from __future__ import annotations

import signal
from typing import Annotated, Any

import typer

from anpr.chaos.facts import is_whole
from anpr.chaos.plan import ChaosPlan
from anpr.chaos.run import run_chaos
from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, print_json, say


@app.command()
def chaos(
    context: typer.Context,
    kills: Annotated[int, typer.Option(min=0, max=10_000, help="How many times something is struck.")] = 6,
    broker: Annotated[str, typer.Option(help="kafka: Apache Kafka from its jars, or embedded.")] = "kafka",
    brokers: Annotated[int, typer.Option(min=1, max=5, help="Of Apache Kafka.")] = 3,
    seed: Annotated[int, typer.Option(help="The same one gives the same strikes.")] = 1,
    rate: Annotated[float, typer.Option(min=10, max=100_000, help="Reads a second.")] = 5_000,
    json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """Kill, freeze and restart parts of a platform at work, then compare every fact with the truth.

    Real processes on this machine: brokers, store, workers, API, under reads at a fixed rate. Three strikes of four
    wait until the platform keeps up again, the fourth comes in the midst. Exit code 1: something is lost, there twice,
    or wrong.
    """
    if broker not in ("embedded", "kafka"):
        raise typer.BadParameter("embedded or kafka", param_hint="--broker")
    plan = ChaosPlan(kills=kills, seed=seed, broker=broker, brokers=brokers, rate_per_s=rate)  # type: ignore[arg-type]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    result = run_chaos(settings_of(context), plan, say)
    (print_json if json else _show)(result)
    if not is_whole(result):
        raise typer.Exit(1)


def _show(result: dict[str, Any]) -> None:
    OUT.print(
        f"{result['kills']} strikes, seed {result['seed']}; {result['reads']:,} reads of {result['vehicles']:,} "
        f"vehicles at {result['reads_per_s']:,} a second."
    )
    OUT.print(f"Lost {result['lost']}, duplicated {result['duplicated']}, wrong {result['wrong']}.")
    for kind, named in result["detail"].items():
        for name, one in named.items():
            OUT.print(
                f"  {kind[:-1]} {name}: {one['facts']:,} facts, {one['lost']} lost, {one['duplicated']} duplicated, "
                f"{one['wrong']} wrong"
            )
    times = result["recovery_s"]
    OUT.print(f"Back to work after p50 {times['p50']} s, p95 {times['p95']} s, at most {times['max']} s.")
    for part, one in result["recovery_by_part_s"].items():
        OUT.print(f"  {part}: {one['strikes']} strikes, p50 {one['p50']} s, p95 {one['p95']} s, at most {one['max']} s")
    for ended in result["ended_by_themselves"]:
        OUT.print(f"  by itself, and was started again: {ended}")
