"""`anpr replay record`: topics → a file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from anpr.cli.app import settings_of
from anpr.cli.console import OUT, complain, print_json, progress_bar
from anpr.cli.replay.desk import Every, Json, group, running, show_unreadable, still_runs
from anpr.cli.times import moment_of
from anpr.replay.faults import ReplayRefused
from anpr.replay.record import RecordPlan, record
from anpr.replay.stopping import asked_to_stop, end_on_sigterm
from pipeline.runtime.clock import SystemClock
from replay.recording.format import RecordingInfo, SimulatedRun
from replay.truth import read_truth
from topics.spec import all_topics


@group.command("record")
def record_topics(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The file to write, a Parquet file.")],
    topics: Annotated[list[str] | None, typer.Argument(help="Topics; unless said, all that are played.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="From this day or moment on, Brussels time.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to and with this day, or before this moment.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on at the end of the topics until Ctrl-C.")] = False,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Go on for so long.")] = None,
    truth: Annotated[Path | None, typer.Option(help="Truth file of the simulation that fills the topics.")] = None,
    seed: Annotated[int | None, typer.Option(help="Or its seed alone, where there is no truth file yet.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if there is one.")] = False,
    json: Json = False,
) -> None:
    """Write what is in topics to a file that `anpr replay play` puts back. It holds number plates: guard it.

    The time of a message is its stamp in Kafka. Of cameras, lists and registers all is taken, whatever the time.

    [bold]anpr replay record reads cameras hotlist --from 2026-11-25 --out day.parquet[/bold]
    """
    end_on_sigterm()
    if out.exists() and not overwrite:
        raise ReplayRefused(f"{out} is there already: name another file, or say --overwrite")
    plan = RecordPlan(
        topics=tuple(dict.fromkeys(topics or _played())),
        since=moment_of(since, "--from", timedelta(0)) if since else None,
        until=moment_of(until, "--until", timedelta(days=1)) if until else None,
        follow=follow or seconds is not None,
        seconds=seconds,
        simulated=_simulated(truth, seed),
    )
    asked = settings_of(context)
    settings, looked = running(asked), Every(1.0)
    done = 0
    try:
        with progress_bar() as progress, asked_to_stop() as stop:

            def show(what: str, count: int, of: int) -> None:
                nonlocal done
                done = count
                if stop() and not plan.follow:
                    raise KeyboardInterrupt
                progress(what, count, of)

            def over() -> bool:
                return plan.follow and (stop() or (looked.due() and not still_runs(asked)))

            info = record(settings.kafka(), plan, out, SystemClock(), over, show)
    except KeyboardInterrupt:
        complain(
            f"interrupted after {done:,} messages: there is no file; with --follow what was recorded until then is kept"
        )
        raise typer.Exit(130) from None
    size = out.stat().st_size
    if json:
        print_json({**_figures(info), "file": str(out), "file_bytes": size})
    else:
        _show(info, out, size)


def _played() -> list[str]:
    """Topics that a simulator or a recording may fill."""
    return [name for name, spec in all_topics().items() if "replay" in spec.producers]


def _simulated(truth: Path | None, seed: int | None) -> SimulatedRun | None:
    if truth is not None:
        header = read_truth(truth, seed=seed).header
        return SimulatedRun(seed=header.seed, parameters=header.parameters)
    return None if seed is None else SimulatedRun(seed=seed, parameters={})


def _figures(info: RecordingInfo) -> dict[str, Any]:
    return {
        "messages": info.messages,
        "topics": {topic.topic: topic.messages for topic in info.topics},
        "value_bytes": info.value_bytes,
        "headers_unreadable": info.headers_unreadable,
    }


def _show(info: RecordingInfo, out: Path, size: int) -> None:
    counts = ", ".join(f"{topic.messages:,} of {topic.topic}" for topic in info.topics if topic.messages)
    OUT.print(f"{info.messages:,} messages in {out} ({size / 1e6:.1f} MB): {counts or 'the topics are empty'}")
    show_unreadable(info)
    OUT.print(f"[dim]The file holds number plates. `anpr replay info {out}` describes it.[/dim]")
