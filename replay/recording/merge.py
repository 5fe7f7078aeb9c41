"""Merges partitions by their messages' stamps, with a bounded number of messages in hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from replay.recording.format import Recorded

__all__ = ["Merge", "Place"]

Place = tuple[str, int]
"""Topic and partition."""


class Merge:
    """Messages of several partitions, each in its own order, in the order of their stamps.

    What is next is known while of every partition a message is in hand, or nothing is left to come for now.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self._queues: dict[Place, deque[Recorded]] = {place: deque() for place in places}
        self._bytes = dict.fromkeys(self._queues, 0)
        self._awaited = set(self._queues)
        """Partitions of which nothing is in hand, and something may still come."""
        self._ended: set[Place] = set()
        self._heads: list[tuple[int, Place]] = []
        """The first message in hand of each partition: its stamp, as a heap."""

    def put(self, message: Recorded) -> None:
        """One more message of its partition, behind those before."""
        place = (message.topic, message.partition)
        queue = self._queues[place]
        queue.append(message)
        self._bytes[place] += _size(message)
        if len(queue) == 1:
            self._awaited.discard(place)
            heappush(self._heads, (message.timestamp_ms, place))

    def at_end(self, place: Place) -> None:
        """All that was in this partition is in hand or taken; what still comes is not waited for."""
        self._ended.add(place)
        self._awaited.discard(place)

    def held(self, place: Place) -> tuple[int, int]:
        """Messages of a partition in hand, and their bytes."""
        return len(self._queues[place]), self._bytes[place]

    def ready(self) -> Iterator[Recorded]:
        """Those of which it is known that they are next."""
        while self._heads and not self._awaited:
            message = self._pop()
            place = (message.topic, message.partition)
            if not self._queues[place] and place not in self._ended:
                self._awaited.add(place)
            yield message

    def rest(self) -> Iterator[Recorded]:
        """All in hand, waiting for nothing."""
        while self._heads:
            yield self._pop()

    def _pop(self) -> Recorded:
        _, place = heappop(self._heads)
        queue = self._queues[place]
        message = queue.popleft()
        self._bytes[place] -= _size(message)
        if queue:
            heappush(self._heads, (queue[0].timestamp_ms, place))
        return message


def _size(message: Recorded) -> int:
    return len(message.key or b"") + len(message.value or b"")
