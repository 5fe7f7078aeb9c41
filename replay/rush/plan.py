"""What is simulated: cameras, rate, start, and how well cameras see."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

from replay.conditions import Conditions
from replay.truth import Parameter

__all__ = ["READS_PER_CAMERA_AND_S", "TrafficPlan"]

READS_PER_CAMERA_AND_S = 0.09
"""Mean of a real day: 6,000 passages a camera, some of several reads (domain reference, section 2)."""
Profile = Literal["week", "flat"]


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """What is simulated. Equal plans give equal bytes, however they are asked for."""

    cameras: int
    """24 to 2,000: Brussels; up to 20,000: Belgium."""
    seed: int
    start: datetime
    """First moment; aware."""
    rate_per_s: float = 0.0
    """Reads a second, the mean of a week; 0: as the cameras of a real city send."""
    profile: Profile = "week"
    """`week`: rush hours, quiet nights and Sundays; `flat`: always `rate_per_s`, for load tests."""
    vehicles: int = 0
    """Of the fleet; 0: so many that each makes about two and a half trips a day."""
    listed_share: float = 0.005
    """Share of vehicles that are on the hotlist."""
    unreadable_rate: float = 0.008
    """Share of passages whose plate is dirty, bent or covered: what is read of it is a piece."""
    mobile_upload_s: float = 600.0
    """Mobile cameras hand over their reads so often."""
    skew_s: float = 0.15
    """Spread of the clocks of cameras; one in fifty is ten times as far off."""
    window_reads: int = 25_000
    """About so many reads are made at a time. Fewer: shorter pauses between batches in real time, more work for each
    read, and other chance."""
    conditions: Conditions = field(default_factory=Conditions)
    """Rates of misread, missed and repeated reads, and when patrol cars upload."""

    def __post_init__(self) -> None:
        """Raises ValueError for a naive start or what cannot be."""
        if self.start.tzinfo is None or self.start.microsecond % 1000:
            raise ValueError("a simulation needs a start with a time zone, in whole milliseconds")
        if self.rate_per_s < 0 or self.vehicles < 0:
            raise ValueError("a rate and a number of vehicles are positive, or 0 for the usual ones")
        if not 0 <= self.listed_share <= 1 or not 0 <= self.unreadable_rate <= 1:
            raise ValueError("listed_share and unreadable_rate are shares from 0 to 1")
        if not 500 <= self.window_reads <= 250_000:
            raise ValueError("window_reads is 500 to 250,000")
        if self.mobile_upload_s <= 0 or self.skew_s < 0:
            raise ValueError("mobile_upload_s is a positive time, skew_s is not negative")

    @property
    def reads_per_s(self) -> float:
        """Mean of a week."""
        return self.rate_per_s or self.cameras * READS_PER_CAMERA_AND_S

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What, beside the seed, decides what happens: for the header of the truth file."""
        own = {name: getattr(self, name) for name in self.__slots__ if name not in ("seed", "start", "conditions")}
        return {"start": self.start.isoformat(), **own, "rate_per_s": self.reads_per_s, **asdict(self.conditions)}
