"""Which vehicles' files time will change next."""

from __future__ import annotations

import heapq
from datetime import datetime

__all__ = ["Due"]


class Due:
    """Keys with a moment each; the earliest first. Setting a key again replaces its moment."""

    def __init__(self) -> None:
        self._at: dict[bytes, datetime] = {}
        self._heap: list[tuple[datetime, bytes]] = []

    def __len__(self) -> int:
        return len(self._at)

    def set(self, key: bytes, at: datetime) -> None:
        """The key is due then."""
        if self._at.get(key) != at:
            self._at[key] = at
            heapq.heappush(self._heap, (at, key))

    def drop(self, key: bytes) -> None:
        """The key is due no more."""
        self._at.pop(key, None)

    def clear(self) -> None:
        """No key is due."""
        self._at.clear()
        self._heap.clear()

    def take(self, now: datetime, most: int) -> list[bytes]:
        """Keys that are due now, at most so many; they are no longer in here."""
        found: list[bytes] = []
        while self._heap and self._heap[0][0] <= now and len(found) < most:
            at, key = heapq.heappop(self._heap)
            if self._at.get(key) == at:
                del self._at[key]
                found.append(key)
        return found
