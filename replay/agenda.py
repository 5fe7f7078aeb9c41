"""A list of things to do at given simulated times: the heart of a discrete-event simulation."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import ParamSpec

__all__ = ["Agenda"]

P = ParamSpec("P")


class Agenda:
    """Calls in order of time; calls of the same time in the order in which they were noted."""

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def note(self, at_s: float, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Do `call(*args)` at `at_s`, seconds since the start of the simulation."""
        todo: Callable[[], None] = partial(call, *args, **kwargs)
        heapq.heappush(self._queue, (at_s, next(self._order), todo))

    def next_s(self) -> float:
        """Time of the next call; infinite if there is none."""
        return self._queue[0][0] if self._queue else float("inf")

    def run_next(self) -> float:
        """Do the next call and return its time. Raises IndexError if there is none."""
        at_s, _, call = heapq.heappop(self._queue)
        call()
        return at_s
