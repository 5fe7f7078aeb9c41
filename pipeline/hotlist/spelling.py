"""Plates as rows of bytes, and the hashes by which near ones meet.

Two plates are near when their confusion-class keys are one character apart: another one, one missing, one too many.
Then one of these texts is the same for both: the key, or the key without one of its characters. So each entry is filed
under its key and under the key without each of its characters, and a plate that was read is looked up in the same way:
a dozen looks, whatever the misread was, where trying every plate it may have been would take hundreds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.plates.text import MAX_LENGTH, plate_key

__all__ = [
    "CODE",
    "KEY",
    "NEAR_FROM",
    "Bytes",
    "Hashes",
    "Spellings",
    "how_many",
    "lengths_of",
    "rows_of",
    "spellings_of",
]

Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]

NEAR_FROM = 5
"""Characters from which a plate is found by near ones: a shorter one with a wrong character may be anything."""


def _table(of: dict[int, int]) -> Bytes:
    table = np.arange(256, dtype=np.uint8)
    for one, other in of.items():
        table[one] = other
    return table


KEY: Bytes = _table({ord(char): ord(plate_key(char)) for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
"""Byte → byte of the confusion-class key."""
CODE: Bytes = np.full(256, 36, dtype=np.uint8)
"""Byte → 0-35 for 0-9 and A-Z, 36 for everything else."""
CODE[np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", np.uint8)] = np.arange(36, dtype=np.uint8)

_STEP = 0x9E3779B97F4A7C15  # odd, so that it has an inverse
_WORD = 1 << 64
_POWERS: Hashes = np.array([pow(_STEP, place + 1, _WORD) for place in range(MAX_LENGTH)], dtype=np.uint64)
_BACK = np.uint64(pow(_STEP, -1, _WORD))
_MIX = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
_HALF = np.uint64(33)


class Spellings(NamedTuple):
    """Texts by which plates are filed or looked up."""

    hashes: Hashes
    """Of each text."""
    rows: NDArray[np.int64]
    """Which plate it belongs to."""


def rows_of(plates: Sequence[bytes]) -> Bytes:
    """ASCII plates as rows of MAX_LENGTH bytes, filled up with zeros; what is longer is cut off."""
    return np.array(plates, dtype=f"S{MAX_LENGTH}").view(np.uint8).reshape(-1, MAX_LENGTH)


def lengths_of(rows: Bytes) -> NDArray[np.int64]:
    """Characters of each plate."""
    return how_many(rows != 0)


def how_many(places: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(rows, 12) → how many are set in each row. Four at a time: rows are too short for numpy's own counting."""
    fours = np.ascontiguousarray(places).view(np.uint32).reshape(-1, MAX_LENGTH // 4)
    sums = fours[:, 0] + fours[:, 1] + fours[:, 2]
    return (sums * np.uint32(0x01010101) >> np.uint32(24)).astype(np.int64)


def spellings_of(rows: Bytes, near: bool = True) -> Spellings:
    """Keys of plates, and, if `near`, from NEAR_FROM characters on, keys without one of their characters.

    Of a pair of the same characters only the first is left away: without either it is the same text.
    """
    keys = KEY[rows]
    lengths = lengths_of(rows)
    terms = keys * _POWERS
    sums = np.cumsum(terms, axis=1, dtype=np.uint64)
    if not near:
        return Spellings(_mixed(sums[:, -1]), np.arange(len(rows)))
    shorter = sums - terms + (sums[:, -1:] - sums) * _BACK
    wanted = (keys != 0) & (lengths[:, None] >= NEAR_FROM)
    wanted[:, 1:] &= keys[:, 1:] != keys[:, :-1]
    owners, places = np.nonzero(wanted)
    every = np.arange(len(rows))
    return Spellings(_mixed(np.concatenate([sums[:, -1], shorter[owners, places]])), np.concatenate([every, owners]))


def _mixed(sums: Hashes) -> Hashes:
    """Spread over all 64 bits, so that the upper ones serve as an address."""
    for factor in _MIX:
        sums = (sums ^ (sums >> _HALF)) * factor
    return sums ^ (sums >> _HALF)
