"""How many days, cameras and vehicles a history of so many passages has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["HistoryPlan"]

CAMERAS = 450
"""Announced for Brussels (domain reference, section 1)."""
PASSAGES_PER_CAMERA_AND_DAY = 6000
"""2.7 million a day at 450 cameras: the middle of what the domain reference reckons for Brussels."""
MOST_DAYS = 365
"""Passages are kept for 12 months; more rows than that make busier days."""
PASSAGES_PER_VEHICLE_AND_DAY = 3.2
"""Of vehicles that are out on that day: 2.5 to 4.2 were observed."""
REGULAR_SHARE = 0.45
"""Share of these vehicle-days that belongs to vehicles that come again and again."""
REGULAR_OUT = 0.38
"""Share of these that is out on a day."""
REAPPEARING = 0.95
"""Different vehicles in all other vehicle-days: the rest comes on a second day."""
MOST_VEHICLES = 25_000_000
"""About the cars of Belgium and its neighbours that ever come: beyond, plates come back more often instead."""


@dataclass(frozen=True, slots=True)
class HistoryPlan:
    """What to invent. 100 million rows are 37 days and about 20 million texts of plates."""

    rows: int
    """Passages; revisions of them come on top."""
    until: datetime
    """Midnight after the last day, aware."""
    seed: int = 1
    cameras: int = CAMERAS
    """Fewer have too short ways between them for believable trips."""

    def __post_init__(self) -> None:
        if self.until.tzinfo is None or self.rows < 1 or not 50 <= self.cameras <= 2000:
            raise ValueError("a history needs rows, 50 to 2,000 cameras and an end with a time zone")

    @property
    def days(self) -> int:
        """Days, the last one included: so many that the traffic of each is that of a real day."""
        return max(1, min(MOST_DAYS, round(self.rows / (self.cameras * PASSAGES_PER_CAMERA_AND_DAY))))

    @property
    def start(self) -> datetime:
        """Midnight before the first day, UTC."""
        return self.until.astimezone(UTC) - timedelta(days=self.days)

    def rows_of(self, day: int) -> int:
        """Passages of a day, counted from 0. They add up to `rows`."""
        return self.rows * (day + 1) // self.days - self.rows * day // self.days

    @property
    def regulars(self) -> int:
        """Vehicles that come again and again: as many as a city has, however long the history. Numbers from 0."""
        return max(2, min(int(self.out_a_day * REGULAR_SHARE / REGULAR_OUT), MOST_VEHICLES // 5))

    @property
    def out_a_day(self) -> float:
        """Vehicles that are out on a day."""
        return self.rows / self.days / PASSAGES_PER_VEHICLE_AND_DAY

    @property
    def others(self) -> int:
        """Vehicles seen on a day or two: their numbers follow on those of the regular ones."""
        vehicle_days = self.out_a_day * self.days * (1 - REGULAR_SHARE)
        wanted = max(vehicle_days * REAPPEARING, self.out_a_day)  # or on a single day they would come twice
        return max(2, min(int(wanted), MOST_VEHICLES - self.regulars))
