"""The hotlist in memory: millions of entries, changed one at a time while passages are compared with them.

Changes are collected and become a segment of their own between two batches; segments of like size are merged, large
ones in a thread of their own, so that the flow goes on while a list of millions comes in. Used by one thread otherwise.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.entries import Listed
from pipeline.hotlist.patterns import Pattern, PatternIndex, is_pattern
from pipeline.hotlist.rules import KIND_NUMBERS, KINDS
from pipeline.hotlist.segment import MOST_ROWS, Rows, Segment, built
from pipeline.hotlist.spelling import KEY, Bytes, Hashes, Spellings, how_many, lengths_of, spellings_of
from pipeline.hotlist.values import Values
from pipeline.plates.text import MAX_LENGTH

__all__ = ["HotlistIndex", "IndexView", "Pairs"]

Mask = NDArray[np.bool_]
_GONE = 255
MERGED_AT_ONCE = 100_000
"""Entries whose merge is not worth a thread: it takes a tenth of a second."""


class Pairs(NamedTuple):
    """Texts and entries that are near."""

    texts: Rows
    """Row of the text that was asked for."""
    plates: Bytes
    """(pairs, 12) plate of the entry."""
    kinds: NDArray[np.uint8]
    """Number of its kind of list."""
    places: NDArray[np.uint64]
    """Where its message lies: `HotlistIndex.message`."""

    def taken(self, which: NDArray[np.bool_]) -> Pairs:
        """Only these."""
        return Pairs(self.texts[which], self.plates[which], self.kinds[which], self.places[which])

    def joined(self, others: Pairs) -> Pairs:
        """These, then the others."""
        parts: Iterable[tuple[NDArray[Any], NDArray[Any]]] = zip(self, others, strict=True)
        return Pairs(*map(np.concatenate, parts))


class IndexView(NamedTuple):
    """An index as it was at one moment."""

    taken: Sequence[tuple[Segment, Rows]]
    """Segments and their rows that held."""
    patterns: Mapping[int, Pattern]
    """By the hash of their identifier."""
    values: Values

    def merged(self) -> Segment:
        """All of it in one segment."""
        return _merged(self.taken)


class HotlistIndex:
    """Entries by what cameras may make of their plates."""

    def __init__(self) -> None:
        self._values = Values()
        self._segments: list[Segment] = []
        self._pending = _Pending()
        self._patterns: dict[int, Pattern] = {}
        self._pattern_index = PatternIndex(())
        self._patterns_changed = False
        self._merge: _Merge | None = None
        self.counts: NDArray[np.int64] = np.zeros(len(KINDS), dtype=np.int64)
        """Entries by kind, in the order of KINDS; patterns are not among them."""

    def __len__(self) -> int:
        return int(self.counts.sum()) + len(self._patterns)

    def put(self, key: bytes, listed: Listed) -> None:
        """Add an entry, or change the one with this key. Found after `settle`."""
        entry, name = listed.entry, _hash(key)
        place = self._values.add(listed.value)
        kind = KIND_NUMBERS[entry.list_kind]
        if is_pattern(entry.plate):
            self._pending.remove(name)
            self._patterns[name] = Pattern(entry.plate, kind, place)
            self._patterns_changed = True
        else:
            self._drop_pattern(name)
            self._pending.put(name, entry.plate.encode(), kind, place)

    def remove(self, key: bytes) -> None:
        """Take an entry out; an unknown key changes nothing."""
        name = _hash(key)
        self._drop_pattern(name)
        self._pending.remove(name)

    def _drop_pattern(self, name: int) -> None:
        if self._patterns.pop(name, None) is not None:
            self._patterns_changed = True

    def settle(self) -> None:
        """What was put and removed holds from now on. Cheap where nothing was."""
        self._values.seal()
        if self._patterns_changed:
            self._pattern_index, self._patterns_changed = PatternIndex(tuple(self._patterns.values())), False
        if self._pending:
            self._add_segment()
        self._finish_merge()
        self._tidy()

    def _add_segment(self) -> None:
        names, segments = self._pending.built()
        self._pending = _Pending()
        for older in self._segments:
            self._count(older.remove(names), -1)
        for segment in segments:
            self._count(segment.arrays.kinds, 1)
            self._segments.append(segment)

    def _count(self, kinds: NDArray[np.uint8], sign: int) -> None:
        self.counts += sign * np.bincount(kinds, minlength=len(KINDS))

    def _tidy(self) -> None:
        """Merge the last two while they are of like size: so there are never more than a few."""
        while self._merge is None and len(self._segments) > 1:
            one, other = (len(segment.alive) for segment in self._segments[-2:])
            if one >= 2 * other or one + other > MOST_ROWS:
                return
            self._merge = _Merge(self._segments[-2:])
            if one + other <= MERGED_AT_ONCE:
                self._merge.run()
                self._finish_merge()
            else:
                self._merge.start()

    def _finish_merge(self) -> None:
        if self._merge is not None and self._merge.done():
            at = self._segments.index(self._merge.sources[0])
            self._segments[at : at + 2] = [self._merge.result()]
            self._merge = None

    def wait_for_merge(self) -> None:
        """Until a merge under way is through; the next `settle` takes it over."""
        if self._merge is not None:
            self._merge.wait()

    @property
    def parts(self) -> int:
        """Segments that each look goes through."""
        return len(self._segments)

    def find(self, texts: Bytes, *, near: bool = True, of_kinds: Mask | None = None) -> Pairs:
        """Entries whose key is that of a text, or, if `near`, one character away, with hardly any others among them.

        of_kinds: (texts, kinds) entries of which kinds are asked for, for each text; None: of all.
        """
        asked, keys = spellings_of(texts, near), KEY[texts]
        fits = _may_be_near if near else _same
        found = [_pairs(segment, asked, keys, fits, of_kinds) for segment in self._segments]
        return Pairs(*(np.concatenate(parts) for parts in zip(_NOTHING, *found, strict=True)))

    def find_patterns(self, texts: Bytes) -> Iterator[tuple[int, Pattern]]:
        """Row of a text and an entry with wildcards whose pattern its key fits."""
        return self._pattern_index.find(texts)

    def view(self) -> IndexView:
        """What holds now, to be written elsewhere while this one goes on. After `settle`."""
        return IndexView(_taken(self._segments), dict(self._patterns), self._values)

    def take_over(self, segments: Sequence[Segment], patterns: Mapping[int, Pattern], file: Path) -> None:
        """Begin with what was written. file: the messages, by place. Raises ValueError where there is something yet."""
        if self._values.adopt(file):
            raise ValueError("a snapshot can be taken over only by an index that holds nothing")
        for segment in segments:
            self._count(segment.arrays.kinds, 1)
            self._segments.append(segment)
        self._patterns, self._patterns_changed = dict(patterns), True

    def message(self, place: int) -> bytes:
        """The message of an entry."""
        return self._values.read(place)

    @property
    def nbytes(self) -> int:
        """Size of its arrays."""
        return sum(segment.arrays.nbytes + segment.alive.nbytes for segment in self._segments)


_NOTHING = Pairs(np.empty(0, np.int64), np.empty((0, 12), np.uint8), np.empty(0, np.uint8), np.empty(0, np.uint64))


def _pairs(
    segment: Segment, asked: Spellings, keys: Bytes, fits: Callable[[Bytes, Bytes], Mask], of_kinds: Mask | None
) -> Pairs:
    """Each once: a text and an entry share several spellings, if they have the same key.

    keys: of the texts; fits: whether those of a text and of an entry, which share a hash, are what is looked for.
    Kinds come first: they take a tenth of the memory that plates do, and leave hardly anything of a list of millions.
    """
    arrays, found = segment.arrays, segment.find(asked.hashes)
    texts, rows = asked.rows[found.asked], found.rows
    if of_kinds is not None:
        wanted = of_kinds[texts, arrays.kinds[rows]]
        texts, rows = texts[wanted], rows[wanted]
    pairs = np.sort(texts << 32 | rows)
    once = pairs[np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]]  # np.unique takes five times as long
    texts, rows = once >> 32, once & 0xFFFFFFFF
    plates = arrays.plates[rows]
    right = fits(keys[texts], KEY[plates])
    rows = rows[right]
    return Pairs(texts[right], plates[right], arrays.kinds[rows], arrays.places[rows])


def _same(keys: Bytes, others: Bytes) -> Mask:
    same: Mask = (keys == others).all(axis=1)
    return same


def _may_be_near(keys: Bytes, others: Bytes) -> Mask:
    """Not of two that lack different characters, of which there are twice as many as of those that are near."""
    near: Mask = (how_many(keys != others) <= 1) | (lengths_of(keys) != lengths_of(others))
    return near


def _hash(key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little")


class _Pending:
    """Changes in the order in which they came; the last one of an entry holds."""

    def __init__(self) -> None:
        self._names, self._places, self._kinds, self._plates = array("Q"), array("Q"), bytearray(), bytearray()

    def __len__(self) -> int:
        return len(self._names)

    def put(self, name: int, plate: bytes, kind: int, place: int) -> None:
        self._names.append(name)
        self._places.append(place)
        self._kinds.append(kind)
        self._plates += plate.ljust(MAX_LENGTH, b"\0")

    def remove(self, name: int) -> None:
        self.put(name, b"", _GONE, 0)

    def built(self) -> tuple[Hashes, list[Segment]]:
        """Names of all that changed, and what is there now: one segment, more of very many."""
        names = np.frombuffer(self._names, dtype=np.uint64)
        kinds = np.frombuffer(bytes(self._kinds), dtype=np.uint8)
        changed, last = np.unique(names[::-1], return_index=True)
        rows = len(names) - 1 - last
        rows = np.sort(rows[kinds[rows] != _GONE])
        plates = np.frombuffer(self._plates, dtype=np.uint8).reshape(-1, MAX_LENGTH)
        places = np.frombuffer(self._places, dtype=np.uint64)
        parts = [rows[begin : begin + MOST_ROWS] for begin in range(0, len(rows), MOST_ROWS)]
        return changed, [built(plates[part], kinds[part], places[part], names[part]) for part in parts]


class _Merge:
    """Two segments becoming one, while both go on to serve and to lose entries."""

    def __init__(self, sources: Sequence[Segment]) -> None:
        self.sources = list(sources)
        self._taken = _taken(sources)
        self._merged: Future[Segment] = Future()

    def run(self) -> None:
        """Now, in this thread."""
        self._merged.set_result(_merged(self._taken))

    def start(self) -> None:
        """In a thread of its own: most of the time numpy lets others work."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="hotlist-merge")
        self._merged = pool.submit(_merged, self._taken)
        pool.shutdown(wait=False)

    def wait(self) -> None:
        self._merged.result()

    def done(self) -> bool:
        return self._merged.done()

    def result(self) -> Segment:
        """The merged one, without what its sources lost since."""
        segment = self._merged.result()
        for source, rows in self._taken:
            lost = rows[~source.alive[rows]]
            segment.remove(source.ids_by_row()[lost])
        return segment


def _taken(segments: Iterable[Segment]) -> list[tuple[Segment, Rows]]:
    """With the rows that hold now."""
    return [(segment, np.flatnonzero(segment.alive)) for segment in segments]


def _merged(sources: Iterable[tuple[Segment, Rows]]) -> Segment:
    none = _NOTHING
    columns = [(none.plates, none.kinds, none.places, np.empty(0, np.uint64))]
    columns += [
        (
            segment.arrays.plates[rows],
            segment.arrays.kinds[rows],
            segment.arrays.places[rows],
            segment.ids_by_row()[rows],
        )
        for segment, rows in sources
    ]
    return built(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))
