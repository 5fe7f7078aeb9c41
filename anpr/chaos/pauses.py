"""How long a partition stands still though it has something to read."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from anpr.chaos.recovery import Progress

__all__ = ["Watch"]

Place = tuple[str, int]


@dataclass(slots=True)
class Watch:
    """When each partition was last committed further, and the longest wait of one that had something to read.

    A worker commits once a second, so about a second of it is there without any change.
    """

    progress: Progress
    flow: str
    longest_s: float = 0.0
    """Since it was last set to 0."""
    _committed: dict[Place, int] = field(default_factory=dict)
    _since: dict[Place, float] = field(default_factory=dict)

    def look(self) -> None:
        """Once. A look that the brokers do not answer counts as none."""
        ends, now = self.progress.ends(self.flow), time.monotonic()
        for place, told in self.progress.committed(self.flow, ends).items():
            offset = max(told, 0)  # below 0: nothing was ever committed
            if offset > self._committed.get(place, -1) or offset >= ends[place]:
                self._committed[place], self._since[place] = offset, now
            self.longest_s = max(self.longest_s, now - self._since.setdefault(place, now))

    def take_longest(self) -> float:
        """The longest wait since the last time that this was asked, s."""
        longest, self.longest_s = self.longest_s, 0.0
        return longest
