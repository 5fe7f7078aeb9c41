"""Whether the broker is heard steadily: only then does "nothing left to read" mean that nothing is on its way.

What the client last heard of the end of a log stays as it is while a broker is silent. A stage that lets our clock
run there would end tracks whose next reads wait in some producer, and tell one vehicle twice.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

__all__ = ["GAP_S", "SETTLE_S", "Answering"]

GAP_S = 3.0
"""Looked at no oftener than this, it may have been silent meanwhile."""
SETTLE_S = 15.0
"""After a silence, producers need as long to come through: a request of 10 s to run out, then a new connection."""


class Answering:
    """Asks the broker now and then. At the start it is trusted: a worker does not start at a silent one."""

    def __init__(self, answers: Callable[[], bool], clock: Callable[[], float]) -> None:
        """answers: a short question to the broker. clock: seconds that never go back."""
        self._answers, self._clock = answers, clock
        self._since = -inf
        self._looked_at: float | None = None

    def steadily(self) -> bool:
        """True when it answers now and has done so for `SETTLE_S` without a gap."""
        overslept = self._looked_at is not None and self._clock() - self._looked_at > GAP_S
        answers = self._answers()
        self._looked_at = self._clock()
        if overslept or not answers:
            self._since = self._looked_at
        return answers and self._looked_at - self._since >= SETTLE_S
