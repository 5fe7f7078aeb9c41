"""Columns of short texts as one matrix of bytes, and of few different ones as codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bytes", "Codes", "Indices", "Texts", "joined"]

Bytes = NDArray[np.uint8]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Texts:
    """ASCII texts, each a row of bytes with zeros after its end."""

    chars: Bytes
    """(rows, longest)."""

    @property
    def lengths(self) -> Indices:
        """Characters of each."""
        counted: Indices = np.count_nonzero(self.chars, axis=1).astype(np.int64)
        return counted

    def take(self, rows: Indices) -> Texts:
        """These rows, in this order."""
        return Texts(self.chars[rows])

    def strings(self) -> list[str]:
        """As Python's own."""
        width = self.chars.shape[1]
        flat = np.ascontiguousarray(self.chars).view(f"S{width}").ravel()
        return [text.decode() for text in flat.tolist()]

    @staticmethod
    def of(strings: Sequence[str], width: int | None = None) -> Texts:
        """From Python's own."""
        width = width or max((len(text) for text in strings), default=1) or 1
        flat = np.array([text.encode() for text in strings], dtype=f"S{width}")
        return Texts(flat.view(np.uint8).reshape(len(strings), width))


@dataclass(frozen=True, slots=True)
class Codes:
    """Texts of which there are few different ones."""

    names: tuple[str, ...]
    codes: NDArray[np.uint16]
    """Place in `names`."""

    def take(self, rows: Indices) -> Codes:
        """These rows, in this order."""
        return Codes(self.names, self.codes[rows])


def joined(*parts: Texts) -> Texts:
    """Each row's texts put behind each other."""
    rows = len(parts[0].chars)
    out = np.zeros((rows, sum(part.chars.shape[1] for part in parts)), np.uint8)
    end = np.zeros(rows, np.int64)
    for part in parts:
        lengths = part.lengths
        there = np.arange(part.chars.shape[1]) < lengths[:, None]
        row, place = np.nonzero(there)
        out[row, end[row] + place] = part.chars[there]
        end += lengths
    return Texts(out)
