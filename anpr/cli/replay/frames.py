"""`anpr replay frames`: pictures or a video in their own time."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from anpr.cli.app import settings_of
from anpr.cli.console import complain, print_json, progress_bar, say
from anpr.cli.ingest import show_report
from anpr.cli.replay.desk import FASTEST, Json, Speed, group
from anpr.cli.times import LOCAL, local_text
from anpr.ingest import INGEST_FLOWS, ingest
from anpr.pictures import find_sources
from anpr.platform import open_platform
from anpr.replay.faults import ReplayRefused
from anpr.replay.frames import OwnTime, own_times
from anpr.replay.pace import Pace, speed_of
from anpr.replay.stopping import asked_to_stop, end_on_sigterm
from pipeline.runtime.clock import SystemClock


@group.command("frames")
def frames(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A folder of pictures, a picture or a video.")],
    camera: Annotated[str, typer.Option(help="Camera that took them.")] = "upload",
    speed: Speed = "1",
    fps: Annotated[float, typer.Option(min=0.1, max=60, help="Frames a second of a video, or without times.")] = 4.0,
    live: Annotated[bool, typer.Option("--live", help="As if the first picture were taken now.")] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait until all is stored.")] = 3600,
    json: Json = False,
) -> None:
    """Send pictures through the whole pipeline as `anpr ingest` does, but in the time in which they were taken.

    That is told by their names (2026-11-25_13-30-05.jpg, Brussels time, or …Z) or by the camera in the picture (EXIF).
    Without --live an old picture makes a late passage, which is not where the vehicle is now.
    """
    end_on_sigterm()
    wanted = speed_of(speed, ReplayRefused, most=FASTEST)
    sources, _ = find_sources(path)
    now = datetime.now(UTC)
    times, untold = own_times(sources, LOCAL, now, timedelta(seconds=1 / fps))
    if untold:
        say(f"{untold} of {len(sources)} files tell no time: all count as taken from now on, {fps:g} a second")
    else:
        say(f"taken from {local_text(min(times.values()))} to {local_text(max(times.values()))}, Brussels time")
    with (
        open_platform(settings_of(context), workers=INGEST_FLOWS, say=say) as platform,
        asked_to_stop() as stop,
        progress_bar() as progress,
    ):
        shift = datetime.now(UTC) - min(times.values()) if live else timedelta(0)
        timing = OwnTime(times, Pace(wanted, SystemClock(), stop), stop, shift)
        report = ingest(platform, path, camera, timing=timing, fps=fps, timeout_s=timeout, progress=progress, say=say)
    if json:
        print_json(asdict(report))
    else:
        show_report(report)
    if report.stopped:
        complain(f"stopped after {report.frames} frames; what was sent is stored")
        raise typer.Exit(130)
