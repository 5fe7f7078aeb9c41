"""How much one person may ask: a bucket of tokens each, that fills again at a steady rate."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Buckets"]

BURST_S = 10.0
"""A full bucket: what the rate gives in so long. A page with a hundred pictures is one burst."""
MOST_BUCKETS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class Buckets:
    """Of all who ask one process; threads may share it."""

    def __init__(self, per_s: float, monotonic: Callable[[], float]) -> None:
        """per_s: requests of one person, in the long run."""
        self._per_s, self._most, self._monotonic = per_s, max(1.0, per_s * BURST_S), monotonic
        self._held: dict[str, _Bucket] = {}
        self._turn = threading.Lock()

    def take(self, who: str) -> int:
        """Take one token; 0: granted, else the seconds after which there is one again."""
        now_s = self._monotonic()
        with self._turn:
            bucket = self._held.setdefault(who, _Bucket(self._most, now_s))
            bucket.tokens = min(self._most, bucket.tokens + (now_s - bucket.at_s) * self._per_s)
            bucket.at_s = now_s
            if len(self._held) > MOST_BUCKETS:
                self._forget(now_s)
            if bucket.tokens < 1:
                return math.ceil((1 - bucket.tokens) / self._per_s)
            bucket.tokens -= 1
            return 0

    def owe(self, who: str, amount: float) -> None:
        """So much more was asked than the one token that was taken: it is paid back by waiting."""
        with self._turn:
            bucket = self._held.setdefault(who, _Bucket(self._most, self._monotonic()))
            bucket.tokens -= amount

    def _forget(self, now_s: float) -> None:
        """Those that are full again are as new."""
        self._held = {who: one for who, one in self._held.items() if now_s - one.at_s < BURST_S}
