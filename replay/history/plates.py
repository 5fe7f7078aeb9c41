"""The plate of a vehicle by its number, for whole columns: no list of millions of plates is kept.

The same shapes and about the same shares as `replay.plates`, whose press is far too slow for this.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, prod

import numpy as np

from replay.history.texts import Bytes, Codes, Indices, Texts
from replay.plates import BE_FIRST, BE_LETTERS, BE_OLD_LETTERS, FR_LETTERS, GB_LETTERS, NL_LETTERS, RO_LETTERS

__all__ = ["COUNTRIES", "DISPLAY_WIDTH", "PLATE_WIDTH", "Spelt", "spell"]

PLATE_WIDTH, DISPLAY_WIDTH = 12, 14
COUNTRIES = ("", "BE", "NL", "FR", "DE", "GB", "RO", "LU")
_SETS = {
    "d": "0123456789", "1": "123456789", "i": "12", "F": BE_FIRST, "a": BE_LETTERS, "o": BE_OLD_LETTERS,
    "n": NL_LETTERS.replace("S", ""), "f": FR_LETTERS.replace("S", ""), "g": GB_LETTERS, "r": RO_LETTERS,
    "l": "BEFGMNRTVXY", "k": "ABDEFHKMSW", "m": "ABEKLMPRTX",
}  # fmt: skip
_MIXED = 7_368_787
"""A prime that spreads neighbouring numbers over a series."""


@dataclass(frozen=True, slots=True)
class _Series:
    share: int
    """Of 100 vehicles."""
    country: str
    shape: str
    """Sets of characters by letter, separators as they are; `T` and `X` stand for themselves."""


SERIES = (
    _Series(62, "BE", "i-Faa-ddd"),
    _Series(13, "BE", "ooo-ddd"),
    _Series(3, "BE", "ddd-ooo"),
    _Series(2, "BE", "T-Xaa-ddd"),
    _Series(2, "NL", "nn-ddd-n"),
    _Series(3, "NL", "n-ddd-nn"),
    _Series(7, "FR", "ff-ddd-ff"),
    _Series(5, "DE", "km-mm 1ddd"),
    _Series(1, "GB", "gg1d ggg"),
    _Series(1, "RO", "rr dd rrr"),
    _Series(1, "LU", "ll dddd"),
)


@dataclass(frozen=True, slots=True)
class Spelt:
    """Plates of some vehicles."""

    plate: Texts
    """Compact."""
    display: Texts
    """National form with separators."""
    country: Codes


def spell(vehicles: Indices) -> Spelt:
    """Plates by vehicle number. Different numbers give different plates up to the end of a series.

    Of the Belgian shape of 2010, the narrowest for its share, there are 23.7 million: enough for 38 million vehicles.
    """
    plate = np.zeros((len(vehicles), PLATE_WIDTH), np.uint8)
    display = np.zeros((len(vehicles), DISPLAY_WIDTH), np.uint8)
    country = np.zeros(len(vehicles), np.uint16)
    hundreds, kind = np.divmod(vehicles, 100)
    first = 0
    for series in SERIES:
        rows = np.flatnonzero((kind >= first) & (kind < first + series.share))
        number = hundreds[rows] * series.share + kind[rows] - first
        shown = _fill(number, series.shape)
        display[rows, : shown.shape[1]] = shown
        compact = shown[:, [n for n, char in enumerate(series.shape) if char not in "- "]]
        plate[rows, : compact.shape[1]] = compact
        country[rows] = COUNTRIES.index(series.country)
        first += series.share
    return Spelt(Texts(plate), Texts(display), Codes(COUNTRIES, country))


def _fill(number: Indices, shape: str) -> Bytes:
    """The number in a mixed base, whose digits at each place are the characters allowed there."""
    size = prod(len(_SETS.get(char, char)) for char in shape)
    assert gcd(_MIXED, size) == 1, "the prime must divide no set's size, or plates come twice"
    number = number * _MIXED % size
    out = np.empty((len(number), len(shape)), np.uint8)
    for place, char in enumerate(shape):
        allowed = np.frombuffer(_SETS.get(char, char).encode(), np.uint8)
        number, digit = np.divmod(number, len(allowed))
        out[:, place] = allowed[digit]
    return out
