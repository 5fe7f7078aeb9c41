"""What all cameras of a zone have at once, more or less: a holiday, rain. It is no trouble of any one of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import log

from schemas.health_file import Learnt

__all__ = ["BEFORE", "Common", "Sums", "log_odds", "unreadable_share"]

BEFORE = 200.0
"""So many reads as usual are taken for granted before anything is known."""
LEAST, MOST = 0.05, 5.0


@dataclass(slots=True)
class Sums:
    """What came, and what usually comes."""

    reads: float = 0.0
    expected: float = 0.0
    known: float = 0.0
    """Of what is expected, what rests on the same hour of a week before."""
    unreadable: float = 0.0
    counted: float = 0.0
    usual_unreadable: float = 0.0

    def factor(self, given: float, reads: float = 0.0, expected: float = 0.0) -> float:
        """What comes of the usual, leaving out one camera: it may not be the measure of itself."""
        found = (self.reads - reads + BEFORE * given) / (self.expected - expected + BEFORE)
        return min(max(found, LEAST), MOST)


@dataclass(slots=True)
class Common:
    """Of an hour, or of the hour that ends now."""

    all: Sums = field(default_factory=Sums)
    zones: defaultdict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    cameras: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Reads and usual reads of each that is in it."""

    def add(self, camera_id: str, zone: str, reads: float, expected: float, own: float) -> None:
        """Of one camera. own: weeks of this very hour."""
        self.cameras[camera_id] = (reads, expected)
        for sums in (self.all, self.zones[zone]):
            sums.reads += reads
            sums.expected += expected
            sums.known += expected * (own >= 1)

    def add_unreadable(self, unreadable: float, reads: float, usual: float) -> None:
        """Of one camera. usual: its share."""
        self.all.unreadable += unreadable
        self.all.counted += reads
        self.all.usual_unreadable += usual * reads

    def factor(self, zone: str, without: str = "") -> float:
        """What cameras of this zone have of their usual, without one of them."""
        reads, expected = self.cameras.get(without, (0.0, 0.0))
        overall = self.all.factor(1.0, reads, expected)
        return self.zones[zone].factor(overall, reads, expected) if zone in self.zones else overall

    def worse(self) -> float:
        """By how much plates are harder to read everywhere, log odds: rain, low sun."""
        sums = self.all
        if sums.counted < BEFORE:
            return 0.0
        return max(log_odds(sums.unreadable / sums.counted) - log_odds(sums.usual_unreadable / sums.counted), 0.0)


def unreadable_share(learnt: Learnt | None, local_hour: int) -> float | None:
    """Usual share of unreadable plates at an hour of the day; None: too little is learnt."""
    if learnt is None or not learnt.counted or sum(learnt.counted) < BEFORE:
        return None
    overall = (sum(learnt.unreadable) + 1) / (sum(learnt.counted) + 20)
    return (learnt.unreadable[local_hour] + 50 * overall) / (learnt.counted[local_hour] + 50)


def log_odds(share: float) -> float:
    """Of a share; 0 and 1 are not believed."""
    near = min(max(share, 0.005), 0.995)
    return log(near / (1 - near))
