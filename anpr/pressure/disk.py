"""A disk of a few hundred megabytes that can be filled to its last byte: a file system in memory, mounted for it."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

__all__ = ["NoSmallDisk", "SmallDisk", "small_disk"]

MIB = 1 << 20
BALLAST = "ballast"


class NoSmallDisk(RuntimeError):
    """None can be had here; the message says why."""


class SmallDisk:
    """A mounted file system."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def fill(self) -> int:
        """Write until nothing more goes on it; bytes written. ENOSPC is what everybody else gets from now on."""
        written = 0
        with (self.place / BALLAST).open("ab", buffering=0) as file:
            for piece in (bytes(MIB), bytes(4096)):
                with contextlib.suppress(_Full):
                    while True:
                        written += _write(file.fileno(), piece)
        return written

    def make_room(self) -> None:
        """Take the ballast away, as an operator who finds something to delete."""
        (self.place / BALLAST).unlink(missing_ok=True)


class _Full(Exception):
    pass


def _write(descriptor: int, piece: bytes) -> int:
    try:
        return os.write(descriptor, piece)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise _Full from error


@contextlib.contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount one at a folder, which is made. Raises NoSmallDisk where this user may not mount."""
    place.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    try:
        made = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise NoSmallDisk("there is no program `mount`") from error
    if made.returncode:
        raise NoSmallDisk(f"a small tmpfs cannot be mounted: {made.stderr.strip()}; it needs root, or CAP_SYS_ADMIN")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
