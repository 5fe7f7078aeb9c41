"""How many bytes the door holds: bodies that are read, and messages that the broker has not acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Budget", "Full"]


class Full(Exception):
    """There is no room now."""


class Budget:
    """One for the process; used in the event loop only."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self.held = 0

    def take(self, size: int) -> None:
        """Hold so much more. Raises Full."""
        if self.held + size > self._most:
            raise Full
        self.held += size

    def give(self, size: int) -> None:
        """Hold so much less."""
        self.held -= size

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """What is taken in the block is given back at its end."""
        lease = Lease(self)
        try:
            yield lease
        finally:
            self.give(lease.size)


class Lease:
    """A part of the budget."""

    __slots__ = ("_budget", "size")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.size = 0

    def take(self, size: int) -> None:
        """Raises Full."""
        self._budget.take(size)
        self.size += size
