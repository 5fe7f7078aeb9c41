"""`anpr serve`."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Annotated

import psutil
import typer

from anpr.api import run_api
from anpr.cli.app import app, settings_of
from anpr.cli.console import say
from anpr.platform import open_platform
from anpr.settings import Settings


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to serve on; else ANPR_API_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to serve on, 0: a free one; else ANPR_API_PORT.")
    ] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Write {pid, port} here once it runs.")] = None,
) -> None:
    """Run the HTTP API: hits as server-sent events and webhooks, until it is told to stop (SIGTERM, Ctrl-C).

    On the data folder of a running `anpr demo` it serves that one's hits.
    """
    given = {name: value for name, value in {"api_host": host, "api_port": port}.items() if value is not None}
    settings = Settings.model_validate({**settings_of(context).model_dump(), **given})
    # A server's tables are made by their owner; who serves may not.
    with open_platform(settings, broker="none", say=say, tables=settings.store_dsn is None) as platform:
        platform.settings.kafka()
        if platform.owner is not None:
            threading.Thread(target=_end_with, args=(platform.owner,), name="owner", daemon=True).start()
        run_api(platform.settings, ready_file)


def _end_with(owner: psutil.Process) -> None:
    """Its broker is gone with whoever started it, and comes back nowhere."""
    owner.wait()
    say("the anpr whose broker and store this one shared has ended, and so does this one")
    os.kill(os.getpid(), signal.SIGTERM)
