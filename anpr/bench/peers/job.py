"""The job that every engine does: decode a read, normalise its plate, look it up in a list, say what was found.

Imported by each engine's process, also by that of a library whose dependencies are not ours: nothing is imported here
but msgspec and the text forms of plates.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pipeline.plates.text import compact

__all__ = ["Checked", "Job", "Task", "calm", "task_of"]


@dataclass(frozen=True, slots=True)
class Task:
    """What an engine's process is told: the file with it is its only argument."""

    bootstrap: str
    source: str
    """Topic of reads."""
    target: str
    """Topic of what was found."""
    group: str
    listed: str
    """File with a listed plate on each line."""
    fetch_wait_ms: int
    at_once: int = 10_000
    """Messages of a batch, for engines that work in batches."""
    linger_ms: int = 5
    batch_bytes: int = 1_000_000
    batch_messages: int = 10_000
    compression: str = "lz4"
    commit_s: float = 1.0


class Read(msgspec.Struct, gc=False):
    """What the job needs of a read; the rest is skipped."""

    read_id: str
    camera_id: str
    captured_at: str
    plate_raw: str


class Checked(msgspec.Struct, gc=False, omit_defaults=True):
    """What was found, of every read."""

    read_id: str
    camera_id: str
    captured_at: str
    plate: str
    entry: str = ""
    """Of the list; empty: the plate is not on it."""


class Job:
    """One instance for each process."""

    def __init__(self, listed: Path) -> None:
        plates = listed.read_text(encoding="ascii").split()
        self._entries = {plate: f"entry-{number}" for number, plate in enumerate(plates)}
        self._decode = msgspec.json.Decoder(Read).decode
        self.encode: Callable[[Checked], bytes] = msgspec.json.Encoder().encode
        """What was found → value of the message that says so."""

    def check(self, value: bytes) -> Checked:
        """Value of a message of `reads` → what is said of it. Raises msgspec.DecodeError."""
        read = self._decode(value)
        plate = compact(read.plate_raw)
        return Checked(read.read_id, read.camera_id, read.captured_at, plate, self._entries.get(plate, ""))

    def __call__(self, value: bytes) -> tuple[bytes, bytes]:
        """Key, the plate, and value of the message that follows from one."""
        checked = self.check(value)
        return checked.plate.encode(), self.encode(checked)


def task_of(file: Path) -> Task:
    """As the measurer wrote it."""
    return Task(**json.loads(file.read_text(encoding="utf-8")))


def calm() -> None:
    """What our workers do when they are ready, for all engines: none of them makes cycles for every message."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
