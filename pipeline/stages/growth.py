"""Growth: whether a vehicle comes or goes, from the size of its plate."""

from __future__ import annotations

from datetime import datetime
from math import log

from schemas.read import Direction, Read

__all__ = ["Growth"]

GROWN = log(1.25)
GROWN_CLEARLY = 0.6
"""A plate that grows by a quarter comes closer, if size follows time so well (R²)."""


class Growth:
    """Size of the plate over time, as sums: whether the vehicle comes or goes."""

    __slots__ = ("_first", "_last", "_n", "_s", "_ss", "_st", "_t", "_tt", "_zero")

    def __init__(self, zero: datetime) -> None:
        self._zero, self._n, self._first, self._last = zero, 0, 0.0, 0.0
        self._t = self._s = self._tt = self._ss = self._st = 0.0

    def add(self, read: Read) -> None:
        """One more read. A moving camera says nothing of which way the vehicle goes."""
        if read.box is None or read.position is not None:
            return
        t, s = (read.captured_at - self._zero).total_seconds(), log(read.box.h)
        self._n, self._first, self._last = self._n + 1, min(self._first, t), max(self._last, t)
        self._t, self._s = self._t + t, self._s + s
        self._tt, self._ss, self._st = self._tt + t * t, self._ss + s * s, self._st + s * t

    def direction(self) -> Direction | None:
        """From three reads on, if it is clear."""
        if self._n < 3:
            return None
        of_time = self._tt - self._t**2 / self._n
        of_size = self._ss - self._s**2 / self._n
        both = self._st - self._s * self._t / self._n
        if of_time <= 1e-9 or of_size <= 1e-9 or both**2 < GROWN_CLEARLY * of_time * of_size:
            return None
        grown = both / of_time * (self._last - self._first)
        return None if abs(grown) < GROWN else "approaching" if grown > 0 else "departing"
