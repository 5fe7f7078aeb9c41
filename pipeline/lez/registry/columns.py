"""Vehicles in arrays: 22 bytes each, where a record as an object takes a kilobyte.

Sorted by the name of the plate (plates.py). Who bears one text, or bore it before, lies in rows that follow each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.lez.registry.plates import Names

__all__ = ["ALWAYS", "EVER", "GONE", "NONE", "Columns", "Rows", "arranged", "merged"]

Rows = NDArray[np.int64]
NONE = -1
"""Row of a plate that is not there."""
GONE = 0xFFFF_FFFF
"""Profile that stands for the removal of a plate."""
EVER, ALWAYS = 0, 0xFFFF_FFFF
"""Second from which, and before which, a plate is borne where the register names none."""
_PER_BUCKET_LOG2 = 1
_LEAST_LOG2, _MOST_LOG2 = 4, 26


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows to look up by name; all that is written to a snapshot."""

    names: Names
    """Of the plates, sorted."""
    profiles: NDArray[np.uint32]
    """Number in Profiles, or GONE."""
    days: NDArray[np.uint16]
    """Of the first registration, as Profiles tell it."""
    since: NDArray[np.uint32]
    """Second (Unix time) from which this one bears the plate; EVER."""
    until: NDArray[np.uint32]
    """… and before which; ALWAYS."""
    starts: NDArray[np.uint32]
    """By the first bits of a name: where those names begin; one more at the end."""

    def __len__(self) -> int:
        return len(self.names)

    def by_name(self) -> Mapping[str, NDArray[Any]]:
        """Name → array."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def nbytes(self) -> int:
        """Size of all of them."""
        return sum(array.nbytes for array in self.by_name().values())

    def first_rows(self, names: Names) -> Rows:
        """The first row of each of these names; NONE where there is none."""
        if not len(self.names):
            return np.full(len(names), NONE, dtype=np.int64)
        rows = self.starts[names >> np.uint64(64 - _log2_of(self.starts))].astype(np.int64)
        low = np.flatnonzero(self._lower(rows, names))
        while len(low):  # a name has a few neighbours at most
            rows[low] += 1
            low = low[self._lower(rows[low], names[low])]
        return np.where(self.names.take(rows, mode="clip") == names, rows, NONE)

    def _lower(self, rows: Rows, names: Names) -> NDArray[np.bool_]:
        lower: NDArray[np.bool_] = (rows < len(self.names)) & (self.names.take(rows, mode="clip") < names)
        return lower

    def go_on(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether the next row has the same name."""
        following = np.minimum(rows + 1, len(self.names) - 1)
        more: NDArray[np.bool_] = (following > rows) & (self.names[following] == self.names[rows])
        return more

    def rows_of(self, name: int) -> range:
        """All rows of one name: a twentieth of the time of looking for one among many."""
        row = int(self.starts[name >> 64 - _log2_of(self.starts)]) if len(self.names) else 0
        while row < len(self.names) and int(self.names[row]) < name:
            row += 1
        end = row
        while end < len(self.names) and int(self.names[end]) == name:
            end += 1
        return range(row, end)

    def count(self) -> int:
        """Plates that are borne."""
        there = self.profiles != GONE
        return int(np.count_nonzero(there[1:] & (self.names[1:] != self.names[:-1]))) + int(there[:1].sum())


def _log2_of(starts: NDArray[np.uint32]) -> int:
    return (len(starts) - 1).bit_length() - 1


def arranged(
    names: Names,
    profiles: NDArray[np.uint32],
    days: NDArray[np.uint16],
    since: NDArray[np.uint32],
    until: NDArray[np.uint32],
    order: Rows | None = None,
) -> Columns:
    """Columns of these rows; those of one name stay in their order. order: of those to take, by name, where known."""
    if order is None:
        order = np.argsort(names, kind="stable")
    names = names[order]
    log2 = min(max(len(names).bit_length() - _PER_BUCKET_LOG2, _LEAST_LOG2), _MOST_LOG2)
    edges = np.arange(1 << log2, dtype=np.uint64) << np.uint64(64 - log2)
    starts = np.append(np.searchsorted(names, edges), len(names)).astype(np.uint32)
    return Columns(names, profiles[order], days[order], since[order], until[order], starts)


def merged(older: Columns, newer: Columns, *, removals: bool) -> Columns:
    """Both; of a name that is in the newer one only its rows. removals: keep rows that say a plate is gone."""
    kept = ~_covered(older, newer.names)
    there = np.full(len(newer), True) if removals else newer.profiles != GONE
    joined = {
        name: np.concatenate([array[kept], newer.by_name()[name][there]])
        for name, array in older.by_name().items()
        if name != "starts"
    }
    return arranged(**joined)


def _covered(columns: Columns, names: Names) -> NDArray[np.bool_]:
    """Rows whose name is among these."""
    covered = np.zeros(len(columns), dtype=np.bool_)
    rows = columns.first_rows(names)
    rows = rows[rows != NONE]
    while len(rows):
        covered[rows] = True
        rows = rows[columns.go_on(rows)] + 1
    return covered
