"""`anpr ingest PATH --camera ID`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, print_json, progress_bar, say
from anpr.ingest import INGEST_FLOWS, AtOnce, IngestReport
from anpr.ingest import ingest as run_ingest
from anpr.pictures import find_sources
from anpr.platform import open_platform
from pipeline.plates.shapes import displayed


@app.command()
def ingest(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A picture, a folder of pictures, or a video.")],
    camera: Annotated[str, typer.Option(help="Camera that took them.")] = "upload",
    captured_at: Annotated[
        datetime | None, typer.Option(help="When they were taken (UTC unless said otherwise); default: now.")
    ] = None,
    fps: Annotated[float, typer.Option(min=0.1, max=60, help="Frames a second to take from a video.")] = 4.0,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait until all is stored.")] = 3600,
    json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """Send pictures through the whole pipeline and show the plates that reached the store."""
    settings = settings_of(context)
    find_sources(path)  # a mistyped path is told before anything is started
    moment = captured_at.replace(tzinfo=captured_at.tzinfo or UTC) if captured_at else None
    with open_platform(settings, workers=INGEST_FLOWS, say=say) as platform, progress_bar() as progress:
        report = run_ingest(
            platform, path, camera, timing=AtOnce(moment), fps=fps, timeout_s=timeout, progress=progress, say=say
        )
    if json:
        print_json(asdict(report))
    else:
        show_report(report)


def show_report(report: IngestReport) -> None:
    """The plates that were read, and what could not be used."""
    table = Table("file", "plate", "sure")
    for plate in report.plates:
        note = "" if plate["certainty"] == "sure" else " - compare the picture"
        table.add_row(escape(plate["file"]), displayed(plate["plate"]), f"{plate['confidence']:.0%}{note}")
    if report.plates:
        OUT.print(table)
    for refused in report.refused:
        OUT.print(f"[red]not usable[/red] {escape(refused['file'])}: {refused['reason']}, {escape(refused['detail'])}")
    if report.passed_over:
        OUT.print(f"{report.passed_over} other files were passed over")
    OUT.print(
        f"{report.frames} frames, {report.reads} reads, {report.passages} passages, {report.rows_stored} rows stored, "
        f"{report.dead_letters} dead letters"
    )
