"""Seeded randomness and deterministic identifiers: the only sources of chance in this package."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar
from uuid import UUID, uuid5

__all__ = ["NAMESPACE", "Weighted", "fact_id", "stream"]

T = TypeVar("T")

NAMESPACE = UUID("6f2b7a0e-51c4-5d0a-9d1b-5b0f4f0f2a11")
"""Namespace of every identifier made by the simulator; arbitrary, fixed for good."""


def stream(seed: int, *names: object) -> random.Random:
    """An independent random stream for one subject: a new draw here shifts no draw elsewhere."""
    return random.Random("/".join(map(str, (seed, *names))))


def fact_id(*parts: object) -> UUID:
    """UUIDv5 of what identifies a fact: the same parts give the same identifier on every run and machine."""
    return uuid5(NAMESPACE, "\x1f".join(map(str, parts)))


class Weighted(Generic[T]):
    """A choice with fixed weights, prepared once. Raises ValueError if the table is empty."""

    def __init__(self, table: Sequence[tuple[T, float]]) -> None:
        if not table:
            raise ValueError("a weighted choice needs at least one row")
        self._items = [item for item, _ in table]
        self._bounds = list(accumulate(weight for _, weight in table))

    def draw(self, rng: random.Random) -> T:
        """One item, with a chance proportional to its weight."""
        place = bisect(self._bounds, rng.random() * self._bounds[-1])
        return self._items[min(place, len(self._items) - 1)]
