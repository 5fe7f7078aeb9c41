"""`anpr replay info`: what a recording holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from anpr.cli.console import OUT, print_json
from anpr.cli.replay.desk import Json, group, show_unreadable
from anpr.cli.times import local_text
from replay.recording.format import RecordedTopic, RecordingInfo
from replay.recording.reader import Recording


@group.command("info")
def info_of(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    check: Annotated[bool, typer.Option("--check", help="Read every message, so that damage shows.")] = False,
    json: Json = False,
) -> None:
    """Say what a recording holds: topics, times, cameras, versions of contracts."""
    recording = Recording(file)
    if check:
        for _ in recording.messages():
            pass
    info = recording.info
    if json:
        print_json({**info.model_dump(mode="json"), "file_bytes": file.stat().st_size})
        return
    _show(info, file)
    if check:
        OUT.print("Every message can be read.")


def _show(info: RecordingInfo, file: Path) -> None:
    table = Table("topic", "messages", "partitions", "contract", "versions in it")
    for topic in info.topics:
        told = ", ".join(f"{version}: {n:,}" for version, n in topic.versions.items()) or "-"
        table.add_row(topic.topic, f"{topic.messages:,}", str(len(topic.partitions)), _contract(topic), told)
    OUT.print(table)
    OUT.print(f"{info.messages:,} messages, {info.value_bytes / 1e6:.1f} MB, in {file.stat().st_size / 1e6:.1f} MB")
    if info.first_stamp_ms is not None and info.last_stamp_ms is not None:
        first, last = _moment(info.first_stamp_ms), _moment(info.last_stamp_ms)
        OUT.print(f"stamped from {local_text(first)} to {local_text(last)}, Brussels time, {last - first}")
    if info.cameras:
        OUT.print(
            f"{len(info.cameras):,} cameras: {', '.join(info.cameras[:5])}{' …' if len(info.cameras) > 5 else ''}"
        )
    show_unreadable(info)
    if info.simulated is not None:
        OUT.print(f"a simulation with seed {info.simulated.seed}: no vehicle in it is real")
    OUT.print(f"recorded at {local_text(info.recorded_at)}")


def _contract(topic: RecordedTopic) -> str:
    return f"{topic.contract} {topic.version}"


def _moment(stamp_ms: int) -> datetime:
    return datetime.fromtimestamp(stamp_ms / 1000, UTC)
