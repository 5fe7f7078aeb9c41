"""`anpr replay score`: a run against its truth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.app import settings_of
from anpr.cli.console import OUT, print_json, say
from anpr.cli.desk import utc_now
from anpr.cli.replay.desk import Json, group
from anpr.platform import Platform, open_platform
from anpr.replay.latency import latencies
from anpr.replay.score import CompanionSearch, RunScore, Stores, score_run
from anpr.replay.stopping import end_on_sigterm
from replay.recording.reader import Recording
from replay.recording.scenes import FoundScenario
from replay.truth import Truth, TruthError, read_truth
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.client import connect
from sinks.clickhouse.searches import SearchDesk

Latencies = dict[str, dict[str, float | int | None]]


@group.command("score")
def score(
    context: typer.Context,
    truth: Annotated[Path, typer.Option(help="Truth file of the simulation.")],
    recording: Annotated[Path | None, typer.Option(help="The recording that was played: is the truth of it?")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed that the truth must be of.")] = None,
    latency: Annotated[bool, typer.Option(help="Time reads to hits by the topics, where a broker runs.")] = True,
    json: Json = False,
) -> None:
    """Compare what the store holds with what is true: passages, hits, order, ways, and what was planted.

    [bold]anpr replay score --truth .anpr/demo-truth.jsonl[/bold]
    """
    end_on_sigterm()
    told = _truth(truth, recording, seed)
    with open_platform(settings_of(context), broker="none", say=say) as platform:
        result = score_run(told, _stores(platform))
        delays = _latencies(platform) if latency else None
    if json:
        print_json(_figures(told, result, delays))
    else:
        _show(told, result, delays)


def _truth(path: Path, recording: Path | None, seed: int | None) -> Truth:
    """Raises TruthError for a truth of another run."""
    try:
        if recording is None:
            return read_truth(path, seed=seed)
        simulated = Recording(recording).info.simulated
        if simulated is None:
            raise TruthError(f"{recording.name} does not say of which simulation it is: score without --recording")
        return read_truth(path, seed=simulated.seed, parameters=simulated.parameters or None)
    except OSError as error:
        raise TruthError(f"{path} cannot be read: {error.strerror or error}") from error


def _stores(platform: Platform) -> Stores:
    settings = platform.settings
    client = connect(settings.dsn())
    desk = SearchDesk(client, utc_now, ChainFile(settings.data_dir))
    lez = connect(settings.lez()) if settings.lez_dsn is not None else None
    return Stores(client, lez, CompanionSearch(client, desk, settings.officer))


def _latencies(platform: Platform) -> Latencies | None:
    if platform.settings.kafka_bootstrap is None:
        return None
    return latencies(platform.settings.kafka(), lambda: False)


def _figures(truth: Truth, result: RunScore, delays: Latencies | None) -> dict[str, Any]:
    hits = asdict(result.hits)
    del hits["missing"]
    return {
        "seed": truth.header.seed,
        "passages": asdict(result.passages),
        "hits": hits,
        "in_order": result.in_order,
        "latency": delays,
        "scenarios": [_scenario(one) for one in result.scenarios],
        "scenarios_found": sum(one.found is True for one in result.scenarios),
        "examples": result.examples,
    }


def _scenario(one: FoundScenario) -> dict[str, Any]:
    """Ways without their plates: figures go into logs."""
    ways = [{**asdict(way), "share": way.share} for way in one.routes.values()]
    return {"kind": one.kind, "found": one.found, "how": one.how, "routes": ways}


def _show(truth: Truth, result: RunScore, delays: Latencies | None) -> None:
    OUT.print(_table(result))
    for name, spread in (delays or {}).items():
        if spread["of"]:
            what = name.removesuffix("_ms").replace("_", " ")
            OUT.print(f"{what}: p50 {spread['p50']:g} ms, p99 {spread['p99']:g} ms, of {spread['of']:,}")
    if delays is None:
        OUT.print("[dim]no time from read to hit: the topics of the run are gone, or no broker is named[/dim]")
    if result.scenarios:
        OUT.print(_scenarios(result))
    for what, places in result.examples.items():
        OUT.print(f"{what.replace('_', ' ')}, the first ones: {escape(', '.join(places))}", soft_wrap=True)
    OUT.print(f"[dim]truth of seed {truth.header.seed}: {len(truth.passages):,} passages[/dim]")


def _table(result: RunScore) -> Table:
    passages, hits = result.passages, result.hits
    rows = (
        ("passages found, of those seen", _share(passages.recall_folded), f"{passages.seen:,} seen"),
        ("… plate right to the letter", _share(passages.recall_exact), f"{passages.exact:,}"),
        ("… of those a camera read rightly", _share(passages.recall_of_readable), ""),
        ("… of all that passed, unseen too", _share(passages.recall_of_all), f"{passages.true:,} passed"),
        ("passages right, of those stored", _share(passages.precision_folded), f"{passages.stored:,} stored"),
        ("under another plate", "", f"{passages.read_otherwise:,}"),
        ("not in the store", "", f"{passages.missing:,}"),
        ("twice in the store", "", f"{passages.duplicates:,}"),
        ("where nothing passed", "", f"{passages.strange:,}"),
        ("neighbouring passages in the right order", _share(result.in_order), ""),
        ("listed vehicles told, of those read rightly", _share(hits.recall), f"{hits.found:,} of {hits.expected:,}"),
        ("… of all listed that were seen", _share(hits.recall_of_listed), f"{hits.listed:,} seen"),
        ("alerts that are right", _share(hits.precision), f"{hits.alerts:,} alerts, {hits.wrong_alerts:,} wrong"),
        (
            "to be compared first",
            "",
            f"{hits.to_compare:,}, {hits.wrong_to_compare:,} of them wrong",
        ),
    )
    table = Table("against the truth", "share", "number")
    for row in rows:
        table.add_row(*row)
    return table


def _scenarios(result: RunScore) -> Table:
    table = Table("planted", "found", "how")
    for one in result.scenarios:
        found = {True: "yes", False: "[red]no[/red]", None: "?"}[one.found]
        ways = "; ".join(f"way {_share(way.share)}" for way in one.routes.values())
        how = escape(one.how) + (f" ({ways})" if ways and one.kind != "escape" else "")
        table.add_row(one.kind.replace("_", " "), found, how)
    return table


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"
