"""`anpr demo`."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, print_json, say
from anpr.demo.run import DemoPlan, run_demo


@app.command()
def demo(
    context: typer.Context,
    seconds: Annotated[float, typer.Option(min=5, help="How long the city lives.")] = 180,
    headless: Annotated[bool, typer.Option("--headless", help="No live view.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
    seed: Annotated[int, typer.Option(help="Another seed is another city.")] = 7,
    cameras: Annotated[int, typer.Option(min=2, max=2000)] = 24,
    frame_cameras: Annotated[int, typer.Option(min=0, help="How many of them send pictures.")] = 4,
    picture: Annotated[Path | None, typer.Option(help="Write the last screen to this SVG file.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, max=100, help="Trips begun a second.")] = 3.0,
    hold: Annotated[
        bool | None,
        typer.Option("--hold/--no-hold", help="Live on until Ctrl-C, console included; unset: on a terminal only."),
    ] = None,
) -> None:
    """A small Brussels: frames and reads in, passages, hits and verdicts out, compared with the truth.

    On a terminal, or with --hold, the console is served too, with somebody to sign in as in each role, and the city
    lives on until Ctrl-C.
    """
    quiet = headless or not OUT.is_terminal
    stays = hold if hold is not None else not (quiet or json)
    plan = DemoPlan(
        seconds=seconds,
        seed=seed,
        cameras=cameras,
        frame_cameras=min(frame_cameras, cameras),
        rate_per_s=rate,
        headless=quiet,
        picture=picture,
        console=stays or not quiet,
        hold=stays,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager's Ctrl-C
    run_demo(settings_of(context), plan, say, print_json if json else _show)


def _show(result: dict[str, Any]) -> None:
    OUT.print(
        f"{result['frames']:,} frames and {result['reads']:,} reads became {result['passages']:,} passages, "
        f"{result['hits']:,} hits and {result['lez_verdicts']:,} LEZ verdicts: {result['rows_stored']:,} rows stored."
    )
    OUT.print(f"Against the truth: {result['lost']} lost, {result['duplicated']} duplicated;")
    OUT.print(f"  smart cameras: {_share(result['plates_right'])} of passages carry the true plate;")
    OUT.print(
        f"  pictures: {_share(result['frame_plates_found'])} of plates read, {result['frame_plates_wrong']} wrong;"
    )
    OUT.print(
        f"  hits: {result['hits_expected'] - result['hits_missing']} of {result['hits_expected']} expected, "
        f"{result['hits_wrong']} wrong."
    )
    for name, key in (("read", "read_to_hit_ms"), ("frame", "frame_to_hit_ms")):
        if result[key]["hits"]:
            OUT.print(f"From {name} to hit: p50 {result[key]['p50']} ms, p99 {result[key]['p99']} ms.")
    OUT.print('The store stays: .venv/bin/anpr search 1AB --reason "trying the search" finds what was seen.')


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"
