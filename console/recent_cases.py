"""Cases as this process knows them from the log: the store is a second or two behind, and nobody must see them go back.

Whoever clicks on a case that has just come would be told that there is none, or that it has no picture.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable
from threading import Lock
from uuid import UUID

from schemas.case import Case

__all__ = ["RecentCases"]

MOST = 1000
"""So many change in minutes at the most; the store has known the others for long."""


class RecentCases:
    """The newest states that this process has heard of. For several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._lock = most, Lock()
        self._known: OrderedDict[UUID, Case] = OrderedDict()

    def note(self, case: Case) -> None:
        """It stands so now."""
        with self._lock:
            self._known[case.case_id] = self._later(case)
            self._known.move_to_end(case.case_id)
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def beside(self, stored: Iterable[Case]) -> Collection[Case]:
        """What the store says and all others that are known, each as it is latest known."""
        with self._lock:
            return (self._known | {case.case_id: self._later(case) for case in stored}).values()

    def _later(self, case: Case) -> Case:
        known = self._known.get(case.case_id)
        return known if known is not None and known.revision > case.revision else case
