"""Wakes tasks of an event loop from other threads."""

from __future__ import annotations

import asyncio
from contextlib import suppress

__all__ = ["Bell"]


class Bell:
    """Who looks, finds nothing and waits, without another `await` between, misses no ring."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next = asyncio.Event()

    def hang(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on the tasks of this loop are woken."""
        self._loop = loop

    @property
    def hangs(self) -> bool:
        """Whether anybody can be woken."""
        return self._loop is not None

    def ring(self) -> None:
        """Wake all who wait. From any thread; nobody hears it when there is no loop, or none any more."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, most_s: float) -> bool:
        """True when it rang; False: not within `most_s`."""
        try:
            async with asyncio.timeout(most_s):  # no task of its own: hundreds wait, and are woken, at once
                await self._next.wait()
        except TimeoutError:
            return False
        return True
