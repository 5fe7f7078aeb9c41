"""An endless iterator that knows what was dealt with."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Generic, Protocol, TypeVar

__all__ = ["Feed", "Subscription"]

T_co = TypeVar("T_co", covariant=True)


class Feed(Protocol[T_co]):
    """Where records come from, one by one."""

    unreadable: int

    def next(self, wait_s: float | None) -> T_co | None:
        """The next record; None: none came within `wait_s` (None: wait for ever)."""
        ...

    def done(self) -> None:
        """What was given out is dealt with."""
        ...

    def close(self) -> None:
        """Keep the place of what is done, and let go."""
        ...


class Subscription(Iterator[T_co], Generic[T_co]):
    """Records as they come. For one thread; `with` it, or `close` it.

    Asking for the next record says that the one before is dealt with. Leaving by an exception does not: the record in
    hand comes again at the next start. Whoever leaves a loop by `break` calls `done()` first.
    """

    def __init__(self, feed: Feed[T_co], idle_s: float | None = None) -> None:
        """idle_s: end the iteration when nothing came for so long; asking again goes on. None: never."""
        self._feed, self._idle_s = feed, idle_s

    def __next__(self) -> T_co:
        self._feed.done()
        record = self._feed.next(self._idle_s)
        if record is None:
            raise StopIteration
        return record

    def done(self) -> None:
        """The record in hand is dealt with."""
        self._feed.done()

    @property
    def unreadable(self) -> int:
        """Messages that did not fit the contract: passed over, and logged by their place in the log."""
        return self._feed.unreadable

    def close(self) -> None:
        """Keep the place and let go. The record in hand comes again unless it is done."""
        self._feed.close()

    def __enter__(self) -> Subscription[T_co]:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self.close()
