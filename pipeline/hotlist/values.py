"""The entries' own messages, out of memory: read where one is hit, which is seldom.

Three million messages are a gigabyte. They lie in files that are mapped: the system keeps in memory what is read, and
forgets it when it needs the room.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["Values", "written"]

IN_MEMORY_BYTES = 8 << 20
_LENGTH = 4
_FILE_BITS = 40
_OFFSET = (1 << _FILE_BITS) - 1


class Values:
    """Messages by place. Written one behind the other, then sealed, after which they can be read."""

    def __init__(self) -> None:
        self._sealed: list[bytes | mmap.mmap] = []
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._file: BinaryIO | None = None
        self._size = 0

    def adopt(self, file: Path) -> int:
        """Take over a file that `written` made; returns what its places must be raised by."""
        self.seal()
        with file.open("rb") as opened:
            self._sealed.append(_mapped(opened))
        return (len(self._sealed) - 1) << _FILE_BITS

    def add(self, value: bytes) -> int:
        """Keep a message; returns its place."""
        place = len(self._sealed) << _FILE_BITS | self._size
        self._buffer += (len(value).to_bytes(_LENGTH, "little"), value)
        self._size += _LENGTH + len(value)
        self._buffered += _LENGTH + len(value)
        if self._buffered > IN_MEMORY_BYTES:
            self._spill()
        return place

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is sealed
        self._file.write(b"".join(self._buffer))
        self._buffer, self._buffered = [], 0

    def seal(self) -> None:
        """What was added can be read from now on."""
        if self._file is not None:
            self._spill()
            self._file.flush()
            self._sealed.append(_mapped(self._file))
            self._file.close()  # the mapping holds it; it has no name
            self._file = None
        elif self._buffer:
            self._sealed.append(b"".join(self._buffer))
            self._buffer, self._buffered = [], 0
        self._size = 0

    def read(self, place: int) -> bytes:
        """The message of a place that `add` gave, once sealed."""
        held, begin = self._sealed[place >> _FILE_BITS], place & _OFFSET
        end = begin + _LENGTH
        return held[end : end + int.from_bytes(held[begin:end], "little")]


def written(messages: Iterable[bytes], file: BinaryIO) -> Iterator[int]:
    """Writes messages one behind the other, as `adopt` takes them; yields the place of each."""
    place = 0
    for message in messages:
        file.write(_framed(message))
        yield place
        place += _LENGTH + len(message)


def _framed(value: bytes) -> bytes:
    return len(value).to_bytes(_LENGTH, "little") + value


def _mapped(file: BinaryIO) -> bytes | mmap.mmap:
    """An empty file cannot be mapped."""
    file.seek(0, 2)
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if file.tell() else b""
