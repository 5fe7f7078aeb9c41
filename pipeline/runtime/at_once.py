"""Faust without four tasks and two turns of the event loop for each message.

A turn is a system call and, with a second thread, a wait for the interpreter: on a busy machine a message waited longer
for its turns than for anything that is done with it.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncGenerator, AsyncIterable, Coroutine, Generator
from functools import partial
from typing import Any, TypeVar

from mode import Service
from mode.services import WaitResults

__all__ = ["TakesAtOnce", "without_turns"]

T = TypeVar("T")
TURN_EVERY = 100
"""Messages: others are to come to their turns too."""


class TakesAtOnce(Service):
    """For each message Faust waits for four tasks: whoever takes it, and three that would end the wait.

    Nearly always it is taken at once: then nothing has to be waited for, and no task is needed.
    """

    async def wait_first(self, *coros: Any, timeout: Any = None) -> WaitResults:
        """As of all services; what comes to its end without waiting is over."""
        if not all(asyncio.iscoroutine(one) for one in coros):
            return await super().wait_first(*coros, timeout=timeout)
        taking, *others = coros
        try:
            waits_for = taking.send(None)
        except StopIteration as end:
            _close(others)
            return WaitResults([taking], [end.value], self.should_stop)
        except BaseException:
            _close(others)
            raise
        return await super().wait_first(_to_its_end(taking, waits_for), *others, timeout=timeout)


async def without_turns(stream: AsyncIterable[T]) -> AsyncGenerator[T, None]:
    """What a stream gives. Faust's gives away a turn before each message, whether there is one or not."""
    messages = aiter(stream)
    while True:
        for _ in range(TURN_EVERY):
            try:
                message = await _rest(anext(messages), None, turns=False)
            except StopAsyncIteration:
                return
            yield message
        await asyncio.sleep(0)


async def _to_its_end(coroutine: Coroutine[Any, Any, Any], waits_for: Any) -> Any:
    return await _rest(coroutine, waits_for, turns=True)


@types.coroutine
def _rest(coroutine: Any, waits_for: Any, *, turns: bool) -> Generator[Any, Any, Any]:
    """What a coroutine waits for from here on. None: for its next turn; without `turns` it has that at once."""
    while True:
        go_on = partial(coroutine.send, None)
        if turns or waits_for is not None:
            try:
                yield waits_for
            except BaseException as thrown:  # into whoever waits: it is cancelled, say
                go_on = partial(coroutine.throw, thrown)
        try:
            waits_for = go_on()
        except StopIteration as end:
            return end.value


def _close(others: list[Any]) -> None:
    """Coroutines that nobody will await."""
    for other in others:
        other.close()
