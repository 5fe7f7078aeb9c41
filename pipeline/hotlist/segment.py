"""A part of the list that does not change, but for entries that are gone: plates and their spellings, in arrays.

Arrays, not objects: three million entries as records take gigabytes, and to look at one plate after the other takes
longer than a passage may. The arrays can be files that all workers of a host share (snapshot.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.spelling import Bytes, Hashes, spellings_of

__all__ = ["MOST_ROWS", "Arrays", "Found", "Segment", "built"]

_ROW_BITS, _TAG_BITS = 24, 8
MOST_ROWS = 1 << _ROW_BITS
"""Entries of one segment, at most: a row and a part of a hash share a number of 32 bits."""
_ROW, _TAG = np.uint64(MOST_ROWS - 1), np.uint64((1 << _TAG_BITS) - 1)
LEAST_SIZE = 14
"""Bits that number the spellings: in a short list, too, some 20 bits of each hash are compared."""
_CHUNK = 200_000
_ONE, _THREE, _SEVEN = np.uint64(1), np.uint64(3), np.uint64(7)

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arrays:
    """What a segment is made of; all that is written to a snapshot."""

    plates: Bytes
    """(entries, 12)"""
    kinds: NDArray[np.uint8]
    """Number of the kind of list."""
    places: NDArray[np.uint64]
    """Where the entry's message lies (values.py)."""
    ids: Hashes
    """Hash of each entry's identifier, sorted …"""
    id_rows: NDArray[np.uint32]
    """… and its row."""
    table: NDArray[np.uint32]
    """Spellings, in the order of their hashes: the 8 bits of a hash that follow those of `starts`, 24 bits of row."""
    starts: NDArray[np.uint32]
    """By the first bits of a hash: where its spellings begin in `table`; one more at the end."""
    bits: Bytes
    """By more of the first bits: a bit that is set where there are any. Keeps 19 of 20 looks away from `table`."""

    def by_name(self) -> Mapping[str, NDArray[np.generic]]:
        """Name → array."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def nbytes(self) -> int:
        """Size of all of them."""
        return sum(array.nbytes for array in self.by_name().values())


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs of what was asked for and an entry."""

    asked: Rows
    """Index of the spelling that was asked for."""
    rows: Rows
    """Row of the entry."""


class Segment:
    """Entries to look up by spelling."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.alive: NDArray[np.bool_] = np.ones(len(arrays.plates), dtype=np.bool_)
        """False: removed, or changed by a later message."""

    def __len__(self) -> int:
        return int(np.count_nonzero(self.alive))

    def find(self, hashes: Hashes) -> Found:
        """Entries of these spellings, among a few of others: hashes are compared, not texts."""
        arrays = self.arrays
        bit = hashes >> _shift(8 * len(arrays.bits))
        there = (arrays.bits[bit >> _THREE] >> (bit & _SEVEN).astype(np.uint8)) & 1
        asked = np.flatnonzero(there)
        bucket = hashes[asked] >> _shift(len(arrays.starts) - 1)
        first, last = arrays.starts[bucket].astype(np.int64), arrays.starts[bucket + _ONE].astype(np.int64)
        many = last - first
        asked = np.repeat(asked, many)
        entries = arrays.table[np.repeat(last - np.cumsum(many), many) + np.arange(many.sum())]
        same = entries >> _ROW_BITS == _tags(hashes[asked], len(arrays.starts) - 1)
        rows = (entries[same] & (MOST_ROWS - 1)).astype(np.int64)
        asked = asked[same]
        alive = self.alive[rows]
        return Found(asked[alive], rows[alive])

    def remove(self, ids: Hashes) -> NDArray[np.uint8]:
        """Entries with these identifiers, each named once, are gone; returns the kinds of those that there were."""
        arrays = self.arrays
        if not len(arrays.ids):
            return arrays.kinds
        at = np.minimum(np.searchsorted(arrays.ids, ids), len(arrays.ids) - 1)
        rows = arrays.id_rows[at[arrays.ids[at] == ids]]
        rows = rows[self.alive[rows]]
        self.alive[rows] = False
        gone: NDArray[np.uint8] = arrays.kinds[rows]
        return gone

    def ids_by_row(self) -> Hashes:
        """Hash of the identifier of each row."""
        found = np.empty_like(self.arrays.ids)
        found[self.arrays.id_rows] = self.arrays.ids
        return found


def _shift(slots: int) -> np.uint64:
    """How far a hash must be shifted to be a number below `slots`, a power of two."""
    return np.uint64(64 - (slots.bit_length() - 1))


def _tags(hashes: Hashes, slots: int) -> Hashes:
    """The bits of hashes that follow those by which they have a place among `slots`."""
    tags: Hashes = (hashes >> (_shift(slots) - np.uint64(_TAG_BITS))) & _TAG
    return tags


def built(plates: Bytes, kinds: NDArray[np.uint8], places: NDArray[np.uint64], ids: Hashes) -> Segment:
    """A segment of these entries, one row each; no identifier twice."""
    spellings = _sorted_spellings(plates)
    order = np.argsort(ids, kind="stable")
    size = max(LEAST_SIZE, len(spellings).bit_length())
    starts = _starts(spellings, size - 2)
    return Segment(
        Arrays(
            plates=plates,
            kinds=kinds,
            places=places,
            ids=ids[order],
            id_rows=order.astype(np.uint32),
            table=_table(spellings, len(starts) - 1),
            starts=starts,
            bits=_bits(spellings, size + 4),
        )
    )


def _sorted_spellings(plates: Bytes) -> Hashes:
    """The upper 40 bits of each hash and the row. In chunks: what millions need meanwhile would take gigabytes."""
    parts = [np.empty(0, dtype=np.uint64)]
    for begin in range(0, len(plates), _CHUNK):
        found = spellings_of(plates[begin : begin + _CHUNK])
        parts.append((found.hashes & ~_ROW) | (found.rows + begin).astype(np.uint64))
    table = np.concatenate(parts)
    table.sort()
    return table


def _table(spellings: Hashes, slots: int) -> NDArray[np.uint32]:
    table = np.empty(len(spellings), dtype=np.uint32)
    for begin in range(0, len(spellings), 8 * _CHUNK):
        part = spellings[begin : begin + 8 * _CHUNK]
        table[begin : begin + 8 * _CHUNK] = _tags(part, slots) << np.uint64(_ROW_BITS) | part & _ROW
    return table


def _starts(spellings: Hashes, log2: int) -> NDArray[np.uint32]:
    edges = np.arange(1 << log2, dtype=np.uint64) << np.uint64(64 - log2)
    return np.append(np.searchsorted(spellings, edges), len(spellings)).astype(np.uint32)


def _bits(spellings: Hashes, log2: int) -> Bytes:
    """The spellings are sorted, so the bits of one byte stand together."""
    bits = np.zeros(1 << (log2 - 3), dtype=np.uint8)
    for begin in range(0, len(spellings), 8 * _CHUNK):
        numbers = spellings[begin : begin + 8 * _CHUNK] >> np.uint64(64 - log2)
        byte = numbers >> _THREE
        heads = np.flatnonzero(np.append(True, byte[1:] != byte[:-1]))
        one = np.uint8(1) << (numbers & _SEVEN).astype(np.uint8)
        bits[byte[heads]] |= np.bitwise_or.reduceat(one, heads)
    return bits
