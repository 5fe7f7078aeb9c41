"""`anpr door`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from anpr.cli.app import app, settings_of
from anpr.cli.console import say
from anpr.door.run import run_door
from anpr.platform import settings_of_running
from anpr.settings import Settings


@app.command()
def door(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to serve on; else ANPR_DOOR_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to serve on, 0: a free one; else ANPR_DOOR_PORT.")
    ] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Write {pid, port} here once it runs.")] = None,
) -> None:
    """Run the ingest door: cameras and patrol cars upload reads and frames, until it is told to stop (SIGTERM, Ctrl-C).

    It needs the broker only. On the data folder of a running `anpr demo` it feeds that one. Who may upload:
    [bold]anpr cameras key add[/bold].
    """
    given = {name: value for name, value in {"door_host": host, "door_port": port}.items() if value is not None}
    settings = Settings.model_validate({**settings_of(context).model_dump(), **given})
    if settings.kafka_bootstrap is None:
        settings = settings_of_running(settings) or settings
    settings.kafka()
    run_door(settings, ready_file, lambda address: say(f"the door is at {address}"))
