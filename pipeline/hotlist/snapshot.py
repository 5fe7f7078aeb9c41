"""The hotlist on disk: a worker that starts takes it over instead of reading millions of messages again.

A snapshot is a folder of arrays and messages, with the place in the log up to which it goes; whoever takes it over
reads on from there. The arrays are mapped, not read: workers of one host share them in memory. It holds for one log,
and only while the topic still has every removal since: compaction forgets removals after a day (`delete.retention.ms`).
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from pipeline.hotlist.index import HotlistIndex, IndexView
from pipeline.hotlist.patterns import Pattern
from pipeline.hotlist.segment import Arrays, Segment
from pipeline.hotlist.values import written

__all__ = ["FRESH_FOR", "Mark", "latest", "restore", "save"]

LOGGER = logging.getLogger(__name__)
FORMAT = 2
"""Of another program the arrays may mean something else."""
FRESH_FOR = timedelta(hours=12)
"""Older than this it is not taken over: half of what the topic keeps removals for."""
KEPT = 2
"""Snapshots that stay: a worker that starts may be reading the one before the last."""
META, MESSAGES = "meta.json", "messages"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a snapshot goes."""

    log: str
    """Incarnation of the topic."""
    offsets: Mapping[int, int]
    """By partition: the next message to read."""
    taken_at: datetime


def save(folder: Path, view: IndexView, mark: Mark) -> Path:
    """Write a snapshot: whole or not at all. May take seconds for millions; errors of the file system pass through."""
    name = f"{mark.taken_at.astimezone(UTC):%Y%m%dT%H%M%S%f}"
    draft = folder / f".{name}.{os.getpid()}"
    draft.mkdir(parents=True)
    try:
        _write(draft, view, mark)
        draft.rename(folder / name)
    except FileExistsError:  # another worker of this host took one at the same moment
        shutil.rmtree(draft, ignore_errors=True)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _tidy(folder)
    return folder / name


def _write(draft: Path, view: IndexView, mark: Mark) -> None:
    segment, patterns = view.merged(), list(view.patterns.items())
    with (draft / MESSAGES).open("wb") as file:
        messages = (view.values.read(place) for place in _places(segment, patterns))
        places = np.fromiter(written(messages, file), dtype=np.uint64)
    entries = len(segment.arrays.places)
    for array_name, array in segment.arrays.by_name().items():
        np.save(draft / f"{array_name}.npy", places[:entries] if array_name == "places" else array)
    moved = zip(patterns, places[entries:].tolist(), strict=True)
    meta = {
        "format": FORMAT,
        "log": mark.log,
        "offsets": {str(partition): offset for partition, offset in mark.offsets.items()},
        "taken_at": mark.taken_at.astimezone(UTC).isoformat(),
        "patterns": [[key, pattern.plate, pattern.kind, place] for (key, pattern), place in moved],
    }
    (draft / META).write_text(json.dumps(meta))


def _places(segment: Segment, patterns: list[tuple[int, Pattern]]) -> Iterator[int]:
    yield from segment.arrays.places.tolist()
    yield from (pattern.place for _, pattern in patterns)


def _tidy(folder: Path) -> None:
    for old in sorted(_snapshots(folder))[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _snapshots(folder: Path) -> Iterator[Path]:
    return (one for one in folder.glob("[0-9]*") if (one / META).exists())


def latest(folder: Path, log: str, now: datetime) -> tuple[Path, Mark] | None:
    """The newest snapshot of this log that is fresh enough to be taken over; None: there is none."""
    for one in sorted(_snapshots(folder), reverse=True):
        mark = _mark(one)
        if mark is not None and mark.log == log and now - FRESH_FOR <= mark.taken_at <= now:
            return one, mark
    return None


def _mark(snapshot: Path) -> Mark | None:
    """None: of another program, or broken."""
    try:
        meta = json.loads((snapshot / META).read_text())
        if meta["format"] != FORMAT:
            return None
        offsets = {int(partition): int(offset) for partition, offset in meta["offsets"].items()}
        return Mark(str(meta["log"]), offsets, datetime.fromisoformat(meta["taken_at"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        LOGGER.warning("the snapshot %s cannot be read (%s): left alone", snapshot.name, error)
        return None


def restore(snapshot: Path, index: HotlistIndex) -> None:
    """Fill an empty index from a snapshot that `latest` gave. Raises OSError, ValueError, EOFError for a broken one."""
    arrays = {name: np.load(snapshot / f"{name}.npy", mmap_mode="r") for name in Arrays.__dataclass_fields__}
    meta = json.loads((snapshot / META).read_text())
    patterns = {int(key): Pattern(str(plate), int(kind), int(place)) for key, plate, kind, place in meta["patterns"]}
    index.take_over([Segment(Arrays(**arrays))], patterns, snapshot / MESSAGES)
