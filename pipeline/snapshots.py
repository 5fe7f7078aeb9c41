"""Reference data on disk: a worker that starts takes it over instead of reading millions of messages again.

A snapshot is a folder of files, with the place in the log up to which they go; whoever takes it over reads on from
there. It holds for one log, and only while the topic still has every removal since: compaction forgets removals after
a day (`delete.retention.ms`). What the files are is a matter of what is kept (pipeline/hotlist, pipeline/lez/registry).
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

__all__ = ["BROKEN", "FRESH_FOR", "KEPT", "META", "Kept", "Mark", "latest", "save"]

LOGGER = logging.getLogger(__name__)
FRESH_FOR = timedelta(hours=12)
"""Older than this it is not taken over: half of what the topic keeps removals for."""
KEPT = 2
"""Snapshots that stay: a worker that starts may be reading the one before the last."""
META = "meta.json"
TAKEN = (errno.EEXIST, errno.ENOTEMPTY)
"""The place of a snapshot is: another worker of this host took one at the same moment."""
BROKEN = (OSError, ValueError, KeyError, TypeError, EOFError)
"""What the `restore` of something kept may raise for a snapshot that is broken."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something held in memory that can be written to a snapshot and filled from one."""

    form: str
    """What it is and how its files are laid out, `hotlist 3`: of another program they may mean something else."""
    size: Callable[[], int]
    """Records held."""
    view: Callable[[], Callable[[Path], None]]
    """What holds now: a function that writes it into a folder, from another thread, while this one goes on."""
    restore: Callable[[Path], None]
    """Fill it, while it is empty, from a folder; raises one of BROKEN and leaves it empty where that is broken."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Of what a snapshot is, and how far it goes."""

    form: str
    """`Kept.form`."""
    log: str
    """Incarnation of the topic."""
    offsets: Mapping[int, int]
    """By partition: the next message to read."""
    taken_at: datetime


def save(folder: Path, write: Callable[[Path], None], mark: Mark) -> Path:
    """Write a snapshot: whole or not at all. May take seconds for millions; errors of the file system pass through.

    write: puts the files into the folder that it is given.
    """
    name = f"{mark.taken_at.astimezone(UTC):%Y%m%dT%H%M%S%f}"
    draft = folder / f".{name}.{os.getpid()}"
    draft.mkdir(parents=True)
    try:
        write(draft)
        (draft / META).write_text(json.dumps(_told(mark)))
        draft.rename(folder / name)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if error.errno not in TAKEN:
            raise
    _tidy(folder)
    return folder / name


def _told(mark: Mark) -> Mapping[str, object]:
    return {
        "form": mark.form,
        "log": mark.log,
        "offsets": {str(partition): offset for partition, offset in mark.offsets.items()},
        "taken_at": mark.taken_at.astimezone(UTC).isoformat(),
    }


def _tidy(folder: Path) -> None:
    for old in sorted(_snapshots(folder))[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _snapshots(folder: Path) -> Iterator[Path]:
    return (one for one in folder.glob("[0-9]*") if (one / META).exists())


def latest(folder: Path, form: str, log: str, now: datetime) -> tuple[Path, Mark] | None:
    """The newest snapshot of this form and log that is fresh enough to be taken over; None: there is none."""
    for one in sorted(_snapshots(folder), reverse=True):
        mark = _mark(one)
        fits = mark is not None and (mark.form, mark.log) == (form, log)
        if mark is not None and fits and now - FRESH_FOR <= mark.taken_at <= now:
            return one, mark
    return None


def _mark(snapshot: Path) -> Mark | None:
    """None: of another program, or broken."""
    try:
        meta = json.loads((snapshot / META).read_text())
        offsets = {int(partition): int(offset) for partition, offset in meta["offsets"].items()}
        return Mark(str(meta["form"]), str(meta["log"]), offsets, datetime.fromisoformat(meta["taken_at"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        LOGGER.warning("the snapshot %s cannot be read (%s): left alone", snapshot.name, error)
        return None
