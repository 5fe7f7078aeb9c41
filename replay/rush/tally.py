"""What was handed out, and what must come of it: the truth of a run that is too long for a truth file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replay.rush.reads import DUPLICATE, FIRST, LEZ, LISTED, RIGHT

__all__ = ["Tally"]


@dataclass(slots=True)
class Tally:
    """Counts so far."""

    reads: int = 0
    """Messages, duplicates included."""
    duplicates: int = 0
    """Of them, those sent a second time."""
    passages: int = 0
    """Tracks whose first read was handed out: so many passages must come out."""
    listed: int = 0
    """Of them, of vehicles that are on the hotlist …"""
    listed_right: int = 0
    """… and that some read of the track has rightly: so many hits must come out, if not more."""
    in_lez: int = 0
    """Of the passages, past a camera that watches a low-emission zone: so many verdicts must come out."""

    def add(self, marks: NDArray[np.uint8]) -> None:
        """Count these reads, by the marks of `replay.rush.reads`."""
        first = marks[marks & FIRST > 0]
        listed = first & LISTED > 0
        self.reads += len(marks)
        self.duplicates += int(np.count_nonzero(marks & DUPLICATE))
        self.passages += len(first)
        self.listed += int(listed.sum())
        self.listed_right += int((listed & (first & RIGHT > 0)).sum())
        self.in_lez += int(np.count_nonzero(first & LEZ))
