"""Faust's consumer without four tasks for each message."""

from __future__ import annotations

import asyncio
from typing import Any

from mode import Service
from mode.services import WaitResults

__all__ = ["TakesAtOnce"]


class TakesAtOnce(Service):
    """For each message Faust waits for four tasks: whoever takes it, and three that would end the wait.

    Nearly always it is taken at once, and nothing has to be waited for.
    """

    async def wait_first(self, *coros: Any, timeout: Any = None) -> WaitResults:
        """As of all services; what is over after one turn is not waited for."""
        if not all(asyncio.iscoroutine(one) for one in coros):
            return await super().wait_first(*coros, timeout=timeout)
        taking, *others = coros
        task = asyncio.ensure_future(taking)
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            task.cancel()
            _close(others)
            raise
        if not task.done():
            return await super().wait_first(task, *others, timeout=timeout)
        _close(others)
        return WaitResults([taking], [task.result()], self.should_stop)


def _close(others: list[Any]) -> None:
    """Coroutines that nobody will await."""
    for other in others:
        other.close()
