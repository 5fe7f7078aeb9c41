"""Searches that are open here, and what each has shown: what an answer may refer to without naming a plate."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from console.searching.spoken import Note
from schemas.search import SearchRecord
from sinks.clickhouse.plate_search.patterns import Match, is_plate

__all__ = ["Kept", "OpenSearches", "Passage"]

MOST_SEARCHES, MOST_PASSAGES = 5_000, 200_000
"""Some 100 MB at the most; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One that was shown."""

    plate: str
    evidence: str
    """Key of its picture; empty: none."""


@dataclass(slots=True)
class Kept:
    """One search."""

    record: SearchRecord
    match: Match
    notes: tuple[Note, ...]
    shown: dict[UUID, Passage] = field(default_factory=dict)
    listed: int = 0
    """So many of its list, the best first, were asked for in this process."""
    complete: bool = False
    """That was all of it."""
    turn: threading.Lock = field(default_factory=threading.Lock)
    """To ask for more of it: once, whoever needs it."""

    def plates(self) -> frozenset[str]:
        """Those of which it is known here that the search opens them."""
        own = [self.record.pattern] if is_plate(self.record.pattern) else []
        return frozenset((*own, *(one.plate for one in list(self.shown.values()))))


class OpenSearches:
    """In memory: what is not here is found again in the store. Threads may share it."""

    def __init__(self, most_searches: int = MOST_SEARCHES, most_passages: int = MOST_PASSAGES) -> None:
        self._most_searches, self._most_passages = most_searches, most_passages
        self._kept: OrderedDict[UUID, Kept] = OrderedDict()
        self._passages = 0
        self._lock = threading.Lock()

    def keep(self, kept: Kept) -> Kept:
        """Remember a search; returns it as it is remembered: two may find the same one at once."""
        with self._lock:
            known = self._kept.setdefault(kept.record.search_id, kept)
            self._forget()
            return known

    def get(self, search_id: UUID) -> Kept | None:
        """The search; None: not opened here, or forgotten."""
        with self._lock:
            return self._kept.get(search_id)

    def note(self, kept: Kept, shown: Iterable[tuple[UUID, Passage]]) -> None:
        """These were shown by it."""
        with self._lock:
            before = len(kept.shown)
            kept.shown.update(shown)
            if kept.record.search_id in self._kept:
                self._passages += len(kept.shown) - before
                self._kept.move_to_end(kept.record.search_id)
                self._forget()

    def _forget(self) -> None:
        while len(self._kept) > 1 and (len(self._kept) > self._most_searches or self._passages > self._most_passages):
            _search_id, oldest = self._kept.popitem(last=False)
            self._passages -= len(oldest.shown)
