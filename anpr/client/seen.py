"""Tells news from repetitions, as everything is delivered at least once."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from schemas.hit import Hit

__all__ = ["Seen"]


class Seen:
    """The newest state of the hits that passed, in bounded memory.

    Revision and id alone do not do: when a list changes, a hit is told again under the same revision, and the later
    message holds. So a hit is news unless it is older than what is known of it, or says the very same.
    """

    def __init__(self, most: int = 100_000) -> None:
        """most: hits remembered; beyond them the ones longest untouched are forgotten, and would be news again."""
        self._most = most
        self._newest: OrderedDict[UUID, Hit] = OrderedDict()

    def is_news(self, hit: Hit) -> bool:
        """True for what was not seen yet; it is remembered from now on."""
        known = self._newest.get(hit.hit_id)
        if known is not None:
            self._newest.move_to_end(hit.hit_id)
            if hit.revision < known.revision or hit == known:
                return False
        self._newest[hit.hit_id] = hit
        if len(self._newest) > self._most:
            self._newest.popitem(last=False)
        return True
