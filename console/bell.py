"""Wakes tasks of an event loop from other threads."""

from __future__ import annotations

import asyncio
from contextlib import suppress

__all__ = ["Bell"]


class Bell:
    """Who looks, finds nothing and waits, without another `await` between, misses no ring."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Wake all who wait. From any thread; nobody hears it when the loop has ended."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, most_s: float) -> bool:
        """True when it rang; False: not within `most_s`."""
        try:
            await asyncio.wait_for(self._next.wait(), most_s)
        except TimeoutError:
            return False
        return True
