"""Chance that is bound to a number: what a vehicle is, and does on its nth outing, needs no memory of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from replay.history.texts import Indices

__all__ = ["share_of"]

_ODD, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_TO_ONE = 2.0**-53


def share_of(numbers: Indices, seed: int, salt: int) -> NDArray[np.float64]:
    """A number from 0 to below 1 for each, always the same for the same arguments (SplitMix64)."""
    base = np.uint64((seed * 1_000_003 + salt * 7_368_787) & 0xFFFF_FFFF_FFFF_FFFF)
    with np.errstate(over="ignore"):
        mixed = (numbers.astype(np.uint64) + np.uint64(1)) * _ODD + base * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    found: NDArray[np.float64] = ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * _TO_ONE
    return found
