"""`anpr worker NAME…`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from anpr.cli.app import app, settings_of
from anpr.settings import Settings, SettingsFault
from anpr.wiring import FLOWS
from anpr.worker import run_worker


@app.command()
def worker(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help=f"One or more of: {', '.join(FLOWS)}.")],
    ready_file: Annotated[Path | None, typer.Option(help="Write {pid, port} here once it runs.")] = None,
) -> None:
    """Run stream workers until they are told to stop (SIGTERM, Ctrl-C)."""
    settings = settings_of(context)
    unknown = [name for name in names if name not in FLOWS]
    if unknown:
        raise SettingsFault(f"no worker {', '.join(unknown)}; there are {', '.join(FLOWS)}")
    if len(names) == 1:
        run_worker(names[0], settings, ready_file)
    else:
        _run_several(names, settings)


def _run_several(names: list[str], settings: Settings) -> None:
    """Each in a process of its own, started again when it dies; on pages with free ports."""
    from anpr.embedded.forking import load_ahead  # noqa: PLC0415 - one worker starts without these
    from anpr.platform import Platform, check_folder, wait_a_little  # noqa: PLC0415

    settings.kafka()
    check_folder(settings.data_dir)
    load_ahead()
    platform = Platform(settings.model_copy(update={"service_port": 0}))
    try:
        platform.start_workers(names)
        while True:
            for note in platform.tend():
                typer.echo(note, err=True)
            wait_a_little()
    finally:
        platform.stop()
