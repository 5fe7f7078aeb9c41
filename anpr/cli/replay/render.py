"""`anpr replay render`: drawn pictures with their truth."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast

import typer

from anpr.cli.console import OUT, print_json, progress_bar
from anpr.cli.replay.desk import Json, group
from anpr.replay.faults import ReplayRefused
from anpr.replay.stopping import end_on_sigterm, until_stopped
from replay.render_files import LABELS, TRUTH, contact_sheet, passings, write_set, write_video_of_passings
from replay.render_set import CONDITIONS, Condition, draw_set

VIDEO_START = datetime(2026, 3, 2, 12, tzinfo=UTC)


@group.command("render")
def render(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    frames: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many pictures.")] = 26,
    seed: Annotated[int, typer.Option(help="Another seed gives other pictures.")] = 7,
    conditions: Annotated[str, typer.Option(help=f"In turn, by commas: {', '.join(CONDITIONS)}.")] = "",
    video: Annotated[bool, typer.Option("--video", help="A video of vehicles that pass instead of pictures.")] = False,
    fps: Annotated[float, typer.Option(min=1, max=60, help="Frames a second of the video.")] = 8.0,
    sheet: Annotated[Path | None, typer.Option(help="Write all pictures small on one sheet, JPEG, instead.")] = None,
    json: Json = False,
) -> None:
    """Draw pictures of vehicles under rain, by night, in glare …, each with its truth. They are drawings.

    `anpr evaluate FOLDER` says how an engine reads them: where it begins to fail, not how it does in a street.

    [bold]anpr replay render drawn --frames 130 --conditions night,rain,dirt[/bold]
    """
    end_on_sigterm()
    wanted = _conditions(conditions)
    if sheet is not None:
        _draw_sheet(sheet, frames, seed, wanted)
        return
    with _folder(folder) as partial, progress_bar() as progress:

        def drawn(count: int) -> None:
            progress("drawing", count, frames)

        if video:
            passing = until_stopped(passings(frames, seed, fps, VIDEO_START))
            count = write_video_of_passings(partial, passing, seed, fps, drawn)
        else:
            count = write_set(partial, until_stopped(draw_set(frames, seed, wanted)), seed, drawn)
    if json:
        print_json({"folder": str(folder), "frames": count, "seed": seed, "conditions": list(wanted), "video": video})
    elif video:
        OUT.print(f"{count} frames in {folder}, what is in each in {TRUTH}; `anpr replay frames {folder}` plays them")
    else:
        OUT.print(f"{count} pictures in {folder}, what is in each in {TRUTH}, labels for `anpr evaluate` in {LABELS}")


def _conditions(text: str) -> tuple[Condition, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in CONDITIONS]
    if unknown:
        raise ReplayRefused(f"there is no condition {', '.join(unknown)}: {', '.join(CONDITIONS)} are known")
    return cast("tuple[Condition, ...]", names) or CONDITIONS


@contextmanager
def _folder(folder: Path) -> Iterator[Path]:
    """A folder under another name, which gets its own when all is written."""
    if folder.exists():
        raise ReplayRefused(f"{folder} is there already: name a folder that is not, or remove it")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        yield partial
        partial.rename(folder)
    except OSError as error:
        raise ReplayRefused(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _draw_sheet(path: Path, frames: int, seed: int, wanted: tuple[Condition, ...]) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        contact_sheet(partial, until_stopped(draw_set(frames, seed, wanted)), seed)
        partial.replace(path)
    except OSError as error:
        raise ReplayRefused(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
    OUT.print(f"{frames} pictures on {path} ({path.stat().st_size / 1e3:.0f} kB)")
