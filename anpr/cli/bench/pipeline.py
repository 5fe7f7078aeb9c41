"""`anpr bench pipeline`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.table import Table

from anpr.bench.pipeline import PipelineBench, run_pipeline_bench, run_sweeps
from anpr.bench.pipeline.plan import BrokerName
from anpr.bench.pipeline.sweep import parse_sweep
from anpr.bench.profiles import Profiler, Shape
from anpr.cli.app import settings_of
from anpr.cli.bench.group import JsonFlag, RecordFile, Recording, end_in_order, group, hand_over, say_if_busy
from anpr.cli.console import OUT, complain, say
from anpr.settings import SettingsFault

__all__ = ["broker_named"]

BROKEN = ("lost", "duplicated", "hits_missing", "verdicts_missing")


@group.command("pipeline", cls=Recording)
def pipeline(
    context: typer.Context,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="Length of each phase.")] = 20,
    rate: Annotated[
        str, typer.Option(help="Only latency phases, at these rates: 1000 or 1000,5000,20000 reads/s.")
    ] = "",
    cameras: Annotated[int, typer.Option(min=1, max=20_000)] = 450,
    entries: Annotated[
        int, typer.Option(min=0, max=4_500_000, help="Of the hotlist, besides a thousand that drive by.")
    ] = 0,
    history: Annotated[
        int, typer.Option(min=0, max=2_000_000_000, help="Passages already stored; 300 bytes of disk each.")
    ] = 0,
    vehicles: Annotated[
        int | None, typer.Option(min=0, max=5_000_000, help="Of the fleet, in the register; all if not given.")
    ] = None,
    lez_share: Annotated[float, typer.Option(min=0, max=1, help="Share of cameras in a low-emission zone.")] = 0.4,
    window: Annotated[
        int, typer.Option(min=1_000, max=2_000_000, help="Reads on their way while the maximum is sought.")
    ] = 240_000,
    sweep: Annotated[
        list[str] | None,
        typer.Option(help="Is the cost flat? cameras=450,10000, entries=0,3000000, history=0,100000000; may repeat."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Of a sweep; cases take turns in each.")] = 3,
    broker: Annotated[str, typer.Option(help="embedded, or kafka: Apache Kafka from its jars.")] = "embedded",
    profile: Annotated[Path | None, typer.Option(help="Folder for a flame graph of each worker, by py-spy.")] = None,
    profile_format: Annotated[str, typer.Option(help="flamegraph (SVG), speedscope or raw.")] = "flamegraph",
    record: RecordFile = None,
    json: JsonFlag = False,
) -> None:
    """Sustained reads/s end to end; times from read to hit and to searchable; whether the cost per read is flat.

    Exit code 1: a read was lost or stored twice, or a hit or verdict is missing.
    """
    end_in_order()
    plan = PipelineBench(
        seconds,
        _rates(rate),
        cameras,
        lez_share,
        entries,
        vehicles,
        history,
        window,
        broker=broker_named(broker),
        profiler=_profiler(profile, profile_format),
    )
    if not sweep:
        result = run_pipeline_bench(settings_of(context), plan, say)
        hand_over("pipeline", result, record, json=json)
        if not json:
            _show(result)
        _refuse_broken({"": result})
        return
    if rate or profile:
        raise SettingsFault("--sweep measures the sustained rate of several cases: leave --rate and --profile out")
    result = run_sweeps(settings_of(context), plan, [parse_sweep(one) for one in sweep], rounds, say)
    hand_over("pipeline-sweep", result, record, json=json)
    if not json:
        _show_sweeps(result)
    _refuse_broken(
        {
            f"{name} {value}: ": case
            for name, found in result["sweeps"].items()
            for value, case in found["cases"].items()
        }
    )


def broker_named(name: str) -> BrokerName:
    """Raises SettingsFault for one that there is not."""
    if name not in ("embedded", "kafka"):
        raise SettingsFault(f"broker {name} is neither embedded nor kafka")
    return cast("BrokerName", name)


def _profiler(folder: Path | None, shape: str) -> Profiler | None:
    if shape not in ("flamegraph", "speedscope", "raw"):
        raise SettingsFault(f"--profile-format {shape} is neither flamegraph, speedscope nor raw")
    return None if folder is None else Profiler(folder, cast("Shape", shape))


def _rates(text: str) -> tuple[float, ...]:
    try:
        rates = tuple(float(rate.replace("_", "")) for rate in text.split(",") if rate.strip())
    except ValueError:
        rates = (0.0,)
    if any(not 1 <= rate <= 1_000_000 for rate in rates):
        raise SettingsFault(f"--rate {text} is no list of rates: write 1000 or 1000,5000,20000")
    return rates


def _refuse_broken(results: dict[str, dict[str, Any]]) -> None:
    """A run that lost something has measured nothing."""
    for what, result in results.items():
        broken = {name: result[name] for name in BROKEN if result[name]}
        if broken:
            complain(f"{what}the run is not whole: {broken}")
            raise typer.Exit(1)


def _show(result: dict[str, Any]) -> None:
    say_if_busy(result)
    if "reads_per_s" in result:
        _show_sustained(result)
    for rate, at in result["at_rates"].items():
        hit, found = at["read_to_hit_ms"], at["read_to_searchable_ms"]
        behind = at["on_their_way_at_the_end"]
        OUT.print(
            f"at {float(rate):,.0f} reads/s ({at['offered_per_s']:,} offered), {behind:,} on their way at the end"
        )
        OUT.print(f"  to the hit:    p50 {hit['p50']} ms, p99 {hit['p99']}, p99.9 {hit['p999']} ({hit['hits']} hits)")
        OUT.print(
            f"  to searchable: p50 {found['p50']} ms, p99 {found['p99']}, p99.9 {found['p999']} "
            f"({found['samples']} samples, looked every {found['resolution_ms']} ms, {found['never']} never found)"
        )
    OUT.print(
        f"{result['reads']:,} reads: {result['lost']} lost, {result['duplicated']} duplicated, "
        f"{result['hits_missing']} hits and {result['verdicts_missing']} verdicts missing"
    )


def _show_sustained(result: dict[str, Any]) -> None:
    used = result["utilisation"]
    OUT.print(f"sustained: {result['reads_per_s']:,} reads/s, {result['cpu_s_per_million']} CPU s per million")
    OUT.print(f"  in parts of the phase: {', '.join(f'{rate:,}' for rate in result['rounds']['reads_per_s'])} reads/s")
    table = Table("process", "CPU s per million", "cores", "MB")
    for name, cores in used["by_process"].items():
        cost = result["cpu_s_per_million_by_process"].get(name, "")
        table.add_row(name, str(cost), f"{cores:.2f}", str(result["rss_mb"].get(name, "")))
    OUT.print(table)
    OUT.print(
        f"  {used['busy_cores']:.2f} of {result['machine']['cores']} cores busy, "
        f"{used['other_programs']:.2f} of them with other programs"
    )


def _show_sweeps(result: dict[str, Any]) -> None:
    say_if_busy(result)
    for name, found in result["sweeps"].items():
        table = Table(name, "reads/s", "CPU s per million", "CPU s per million, slower by", "reads/s, slower by")
        for value, case in found["cases"].items():
            slower = found["slow_down_percent"].get(value)
            told = ("", "") if slower is None else (_percent(slower["by_cpu"]), _percent(slower["by_rate"]))
            table.add_row(f"{int(value):,}", f"{case['reads_per_s']:,.0f}", f"{case['cpu_s_per_million']:.1f}", *told)
        OUT.print(table)


def _percent(slower: dict[str, float]) -> str:
    return f"{slower['median']:+.1f} % ({slower['least']:+.1f} to {slower['most']:+.1f})"
