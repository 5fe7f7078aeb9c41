"""Repeats: reads that were sent again while the track of the first sending was open, as far as a restart needs them.

Who reads the log again from between the two sendings would take the second one for a new vehicle, and keep it open for
longer than the track that it belongs to. So a rewind to before the second sending goes on to before the first one.
"""

from __future__ import annotations

from collections import deque

__all__ = ["Repeats"]


class Repeats:
    """Second sendings of one partition, and from where the first ones can be rebuilt. Both are offsets of its log."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque()
        """(second sending, needed for the first one): both rise, as an entry that reaches no further than a later one
        says nothing."""

    def __len__(self) -> int:
        return len(self._seen)

    def note(self, offset: int, needed: int) -> None:
        """A read came again at `offset`; its track can be rebuilt from `needed` on."""
        while self._seen and self._seen[-1][1] >= needed:
            self._seen.pop()
        self._seen.append((offset, needed))

    def reach(self, offset: int) -> int:
        """Where a rewind to this offset has to begin."""
        for second, needed in reversed(self._seen):
            if second < offset:
                break
            offset = min(offset, needed)
        return offset

    def forget_before(self, offset: int) -> None:
        """No rewind will go to before this offset any more."""
        while self._seen and self._seen[0][0] < offset:
            self._seen.popleft()
