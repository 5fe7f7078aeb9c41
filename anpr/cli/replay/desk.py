"""What the commands around recordings share."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from anpr.cli.app import app
from anpr.cli.console import OUT
from anpr.platform import check_broker, settings_of_running
from anpr.replay.faults import ReplayRefused
from anpr.settings import Settings
from replay.recording.format import RecordingInfo

group = typer.Typer(
    help="Recordings: topics to a file and back, pictures in their own time, a run against its truth, drawn pictures.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(group, name="replay")

Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
FASTEST = 1_000_000
Speed = Annotated[str, typer.Option(help="1: as it was; 10: ten times as fast; max: as fast as it goes.")]


def running(settings: Settings) -> Settings:
    """The settings with a broker that runs: the one they name, or the embedded one of the data folder."""
    found = settings if settings.kafka_bootstrap is not None else settings_of_running(settings)
    if found is None:
        raise ReplayRefused(
            f"no broker runs on {settings.data_dir}: name yours with ANPR_KAFKA_BOOTSTRAP, or use this while "
            "another command (demo, ingest, a worker) runs there"
        )
    check_broker(found)
    return found


def show_unreadable(info: RecordingInfo) -> None:
    """Say where messages are in a recording without their headers."""
    if info.headers_unreadable:
        OUT.print(
            f"[bold]{info.headers_unreadable:,} messages are in it without their headers[/bold], whose names are no "
            "text: whoever needs the headers refuses them, played as before."
        )


def still_runs(settings: Settings) -> bool:
    """Whether the broker that `running` found may still come to answer: an embedded one that ended never does."""
    return settings.kafka_bootstrap is not None or settings_of_running(settings) is not None


class Every:
    """True once in a while: for what is too dear to be asked all the time."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._at = seconds, time.monotonic()

    def due(self) -> bool:
        """Whether so long has gone by since the last time."""
        if time.monotonic() - self._at < self._seconds:
            return False
        self._at = time.monotonic()
        return True
