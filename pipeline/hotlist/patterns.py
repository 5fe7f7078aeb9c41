"""Entries with wildcards: ten thousand of them, of which each passage is compared with one or none.

Of each pattern what is known within eight places is its anchor: on a plate that fits it stands at a certain place from
the beginning, from the end, or, between two stars, anywhere. Plates are looked up by what stands at those places; only
patterns whose anchor is there are compared as a whole. All in confusion-class keys, so that look-alikes are found.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.spelling import KEY, Bytes, Hashes, lengths_of
from pipeline.plates.text import MAX_LENGTH, plate_key

__all__ = ["LEAST_KNOWN", "Pattern", "PatternIndex", "is_pattern", "known_characters"]

LEAST_KNOWN = 3
"""Known characters of a pattern, at least: one of fewer matches a part of all traffic."""
LONGEST_ANCHOR = 8
"""Places that make one number of 64 bits."""
LETTER_BITS, DIGIT_BITS, PLACE_BITS = 4.1, 2.6, 2.0
"""How much a known letter, digit (many letters share its class) and place narrow down, bits."""
_PIECES = re.compile(r"[^*]+")
_FILTER_BITS = 16
_ODD = np.uint64(0x9E3779B97F4A7C15)


def is_pattern(plate: str) -> bool:
    """An entry's plate with wildcards."""
    return "?" in plate or "*" in plate


def known_characters(plate: str) -> int:
    """Of an entry's plate, without wildcards."""
    return len(plate) - plate.count("?") - plate.count("*")


class Where(NamedTuple):
    """At which places of a plate an anchor stands."""

    length: int
    start: int | None
    """From the beginning; None: not told."""
    end: int | None
    """How many characters follow at the end; None: not told."""
    known: int
    """Of its places, as a number: all bits of those that are known."""


class Pattern(NamedTuple):
    """One entry with wildcards."""

    plate: str
    kind: int
    place: int
    """Where its message lies."""

    def fits_to_the_letter(self, plate: str) -> bool:
        """No look-alike taken for another."""
        return _regex(self.plate).fullmatch(plate) is not None

    def fits_key(self, key: str) -> bool:
        """A plate of this confusion-class key may fit."""
        return _regex(plate_key(self.plate)).fullmatch(key) is not None


@functools.lru_cache(maxsize=65_536)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("?", ".").replace("*", ".*"))


class PatternIndex:
    """Patterns by their anchors."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = patterns
        groups: defaultdict[Where, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, pattern in enumerate(patterns):
            where, key = _anchor(pattern.plate)
            groups[where][key].append(number)
        self._groups = {where: _Group(_filter(by_key), by_key) for where, by_key in groups.items()}

    def __len__(self) -> int:
        return len(self._patterns)

    def find(self, texts: Bytes) -> Iterator[tuple[int, Pattern]]:
        """Row of a text and a pattern that its key fits, without those that only its anchor fits."""
        if not self._patterns:
            return
        keys = KEY[texts]
        grams = _Grams(keys)
        for where, group in self._groups.items():
            for row, number in group.candidates(grams.at(where)):
                pattern = self._patterns[number]
                if pattern.fits_key(keys[row].tobytes().rstrip(b"\0").decode("latin-1")):
                    yield row, pattern


class _Group(NamedTuple):
    """Patterns whose anchors stand at the same places."""

    filter: NDArray[np.bool_]
    """By the first bits of a hash: there may be an anchor."""
    patterns: Mapping[int, Sequence[int]]
    """By what the anchor is, as a number."""

    def candidates(self, grams: Iterable[Hashes]) -> Iterator[tuple[int, int]]:
        """Row of a text, number of a pattern; each once."""
        found: dict[tuple[int, int], None] = {}
        for column in grams:
            rows = np.flatnonzero(self.filter[_slots(column)])
            for row, key in zip(rows.tolist(), column[rows].tolist(), strict=True):
                found.update(((row, number), None) for number in self.patterns.get(key, ()))
        yield from found


def _slots(grams: Hashes) -> Hashes:
    slots: Hashes = (grams * _ODD) >> np.uint64(64 - _FILTER_BITS)
    return slots


def _filter(keys: Iterable[int]) -> NDArray[np.bool_]:
    found = np.zeros(1 << _FILTER_BITS, dtype=np.bool_)
    found[_slots(np.fromiter(keys, dtype=np.uint64))] = True
    return found


class _Grams:
    """What stands at certain places of each text, as numbers of eight bytes."""

    def __init__(self, keys: Bytes) -> None:
        self._from_start = _padded(keys)
        places = np.arange(MAX_LENGTH) - (MAX_LENGTH - lengths_of(keys)[:, None])
        self._from_end = _padded(np.where(places >= 0, np.take_along_axis(keys, np.maximum(places, 0), axis=1), 0))

    def at(self, where: Where) -> Iterator[Hashes]:
        """At the anchor's place; at each of them where none is told."""
        if where.end is not None:
            yield self._gram(self._from_end, MAX_LENGTH - where.end - where.length, where)
        else:
            starts = range(MAX_LENGTH - where.length + 1) if where.start is None else (where.start,)
            yield from (self._gram(self._from_start, start, where) for start in starts)

    @staticmethod
    def _gram(keys: Bytes, start: int, where: Where) -> Hashes:
        whole = np.ascontiguousarray(keys[:, start : start + LONGEST_ANCHOR]).view(">u8").ravel().astype(np.uint64)
        gram: Hashes = whole & np.uint64(where.known << 8 * (LONGEST_ANCHOR - where.length))
        return gram


def _padded(keys: Bytes) -> Bytes:
    """With zeros behind, so that eight bytes can be taken at every place."""
    return np.pad(keys, ((0, 0), (0, LONGEST_ANCHOR)))


def _anchor(plate: str) -> tuple[Where, int]:
    """The places that narrow down most, the fewest of such, and what stands there, as `_Grams` gives it."""
    where, text = max(_anchors(plate), key=lambda one: (_bits(*one), -one[0].length))
    return where, int.from_bytes(text.replace("?", "\0").encode().ljust(LONGEST_ANCHOR, b"\0"), "big")


def _anchors(plate: str) -> Iterator[tuple[Where, str]]:
    """Of each piece between stars all that begins and ends with a known character."""
    before, after = plate.find("*"), plate.rfind("*")
    for piece in _PIECES.finditer(plate):
        known = [place for place in range(*piece.span()) if plate[place] != "?"]
        for begin, last in itertools.combinations_with_replacement(known, 2):
            if last - begin < LONGEST_ANCHOR:
                text = plate_key(plate[begin : last + 1])
                start = begin if before < 0 or begin < before else None
                end = len(plate) - last - 1 if start is None and after < begin else None
                yield Where(len(text), start, end, _known(text)), text


def _known(text: str) -> int:
    return int.from_bytes(bytes(0 if char == "?" else 0xFF for char in text), "big")


def _bits(where: Where, text: str) -> float:
    known = sum(DIGIT_BITS if char.isdigit() else LETTER_BITS for char in text if char != "?")
    return known + (0 if where.start is None and where.end is None else PLACE_BITS)
