"""The newest messages of a topic, shared by all who listen: each has a place of its own, nobody a queue."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["FellBehind", "Ring", "Told"]

MOST = 10_000
MOST_BYTES = 32_000_000
SLACK = 1_000
"""So many dropped messages are kept before their places are given back."""
M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Told(Generic[M]):
    """A message and where it lies in the log."""

    partition: int
    offset: int
    event: bytes
    """As it is sent to all who listen, but for the id: written once."""
    content: M
    stamp_ms: int


class FellBehind(Exception):
    """What comes next for this listener is no longer here; it still is in the log."""


class Ring(Generic[M]):
    """One thread puts, others read. What is dropped, the oldest first, is dropped whoever still wants it."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._lock = threading.Lock()
        self._kept: list[Told[M]] = []
        self._head = 0
        """In `_kept`: the oldest that counts."""
        self._first = 0
        """Number of the oldest, counted from the first that was ever put."""
        self._bytes = 0
        self._starts: dict[int, int] = {}
        """By partition: from this offset on nothing is missing here."""
        self._ends: dict[int, int] = {}

    def put(self, told: Sequence[Told[M]], ends: Mapping[int, int]) -> None:
        """Add messages in the order of the log. ends: by partition, the offset up to which it was read by now."""
        with self._lock:
            for one in told:
                self._starts.setdefault(one.partition, one.offset)
                self._kept.append(one)
                self._bytes += len(one.event)
            for partition, offset in ends.items():
                self._starts.setdefault(partition, offset)
                self._ends[partition] = max(offset, self._ends.get(partition, 0))
            while len(self._kept) - self._head > self._most or self._bytes > self._most_bytes:
                self._drop()
            if self._head > SLACK:
                del self._kept[: self._head]
                self._head = 0

    def _drop(self) -> None:
        oldest = self._kept[self._head]
        self._starts[oldest.partition] = oldest.offset + 1
        self._bytes -= len(oldest.event)
        self._head += 1
        self._first += 1

    def now(self) -> tuple[dict[int, int], int]:
        """Where the log ends for all that was read: by partition, and as the number for `after`."""
        with self._lock:
            return dict(self._ends), self._first + len(self._kept) - self._head

    def join(self, positions: Mapping[int, int]) -> int | None:
        """Number from which to read, for who has all up to these positions; None: some of what it lacks is gone."""
        with self._lock:
            covered = all(positions.get(partition, 0) >= start for partition, start in self._starts.items())
            return self._first if covered else None

    def starts(self) -> dict[int, int]:
        """By partition: from which offset on nothing is missing."""
        with self._lock:
            return dict(self._starts)

    def after(self, number: int, most: int = 200) -> Sequence[Told[M]]:
        """Messages from this number on; the next number is behind the last of them. Raises FellBehind."""
        with self._lock:
            if number < self._first:
                raise FellBehind
            begin = self._head + number - self._first
            return self._kept[begin : begin + most]
