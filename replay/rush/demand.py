"""When vehicles set out: quiet nights, rush hours, Sundays. Trips have running numbers; a number has its moment."""

from __future__ import annotations

from datetime import datetime
from math import exp
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from replay.history.texts import Indices

__all__ = ["Demand"]

LOCAL = ZoneInfo("Europe/Brussels")
DAY_S, WEEK_S = 86_400, 7 * 86_400
STEP_S = 300
MORNING, EVENING, MIDDAY = (7.9, 1.0, 1.9), (17.2, 1.5, 1.9), (13.0, 4.2, 1.2)
"""Middle and spread, local hours, and height."""
WEEKEND_MIDDAY = (14.5, 4.5, 1.7)
NIGHT = 0.06


class Demand:
    """How many trips have begun by a moment, on average."""

    def __init__(self, start: datetime, trips_per_s: float, *, flat: bool) -> None:
        """start: moment 0, aware. trips_per_s: mean of a week."""
        local = start.astimezone(LOCAL)
        self._offset_s = local.weekday() * DAY_S + local.hour * 3600 + local.minute * 60 + local.second
        self._profile = np.ones(WEEK_S // STEP_S) if flat else _week()
        self._summed = np.concatenate([[0.0], np.cumsum(self._profile) * STEP_S]) * trips_per_s
        self.busiest_per_s = float(self._profile.max()) * trips_per_s
        """Trips a second in the busiest minutes of the week."""

    def begun(self, at_s: float) -> float:
        """Trips that have begun by then, counted from the Monday before the start."""
        weeks, within = divmod(at_s + self._offset_s, WEEK_S)
        place, rest = divmod(within, STEP_S)
        first, last = self._summed[int(place)], self._summed[int(place) + 1]
        return float(weeks * self._summed[-1] + first + (last - first) * rest / STEP_S)

    def factor(self, at_s: float) -> float:
        """Traffic of the moment, in means of the week."""
        return float(self._profile[int((at_s + self._offset_s) % WEEK_S // STEP_S)])

    def numbers(self, from_s: float, until_s: float) -> Indices:
        """Trips that begin in this time."""
        return np.arange(int(np.ceil(self.begun(from_s))), int(np.ceil(self.begun(until_s))), dtype=np.int64)


def _week() -> NDArray[np.float64]:
    """Traffic by five minutes of the week; its mean is one."""
    hours = np.arange(WEEK_S // STEP_S) * (STEP_S / 3600)
    profile = np.array([_weekday(hour % 24) if hour < 120 else _weekend(hour % 24) for hour in hours])
    found: NDArray[np.float64] = profile / profile.mean()
    return found


def _weekday(hour: float) -> float:
    return NIGHT + sum(map(_peak, (MORNING, EVENING, MIDDAY), (hour, hour, hour)))


def _weekend(hour: float) -> float:
    return NIGHT + _peak(WEEKEND_MIDDAY, hour)


def _peak(of: tuple[float, float, float], hour: float) -> float:
    middle, spread, height = of
    apart = min(abs(hour - middle), 24 - abs(hour - middle))
    return height * exp(-0.5 * (apart / spread) ** 2)
