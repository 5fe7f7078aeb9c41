"""`anpr serve`."""

from __future__ import annotations

import functools
import os
import signal
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.markup import escape

from anpr.api import run_api
from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, say
from anpr.platform import open_platform
from anpr.settings import Settings
from anpr.signin import first_password


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to serve on; else ANPR_API_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to serve on, 0: a free one; else ANPR_API_PORT.")
    ] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Write {pid, port} here once it runs.")] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Show the console in this machine's browser.")] = False,
) -> None:
    """Run the HTTP API: hits as server-sent events and webhooks, until it is told to stop (SIGTERM, Ctrl-C).

    On the data folder of a running `anpr demo` it serves that one's hits; where nobody can sign in there yet, it makes
    a password for ANPR_OFFICER and prints it once.
    """
    given = {name: value for name, value in {"api_host": host, "api_port": port}.items() if value is not None}
    settings = Settings.model_validate({**settings_of(context).model_dump(), **given})
    # A server's tables are made by their owner; who serves may not.
    with open_platform(settings, broker="none", say=say, tables=settings.store_dsn is None) as platform:
        platform.settings.kafka()
        if platform.owner is not None:
            threading.Thread(target=_end_with, args=(platform.owner,), name="owner", daemon=True).start()
            _greet(platform.settings)
        run_api(platform.settings, ready_file, functools.partial(_tell, open_browser))


def _greet(settings: Settings) -> None:
    """Somebody must be able to sign in."""
    password = first_password(settings)
    if password is not None:
        OUT.print(f"sign in as {escape(settings.officer)} with the password {password}", highlight=False)


def _tell(open_browser: bool, address: str) -> None:
    say(f"the console is at {address}")
    if open_browser and not webbrowser.open(address):
        say("no browser was found on this machine: open the address yourself")


def _end_with(owner: psutil.Process) -> None:
    """Its broker is gone with whoever started it, and comes back nowhere."""
    owner.wait()
    say("the anpr whose broker and store this one shared has ended, and so does this one")
    os.kill(os.getpid(), signal.SIGTERM)
