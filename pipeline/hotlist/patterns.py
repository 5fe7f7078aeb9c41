"""Entries with wildcards: ten thousand of them, of which each passage is compared with one or none.

Of each pattern a few known characters in a row are its anchor: of a plate that fits they stand at a certain place from
the beginning, from the end, or, between two stars, anywhere. Plates are looked up by what stands at those places; only
patterns whose anchor is there are compared as a whole. All in confusion-class keys, so that look-alikes are found.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.spelling import KEY, Bytes, lengths_of
from pipeline.plates.text import plate_key

__all__ = ["LEAST_KNOWN", "Pattern", "PatternIndex", "is_pattern", "known_characters"]

LEAST_KNOWN = 3
"""Known characters of a pattern, at least: one of fewer matches a part of all traffic."""
LONGEST_ANCHOR = 5
LETTER_BITS, DIGIT_BITS, PLACE_BITS = 4.1, 2.6, 2.0
"""How much a known letter, digit (many letters share its class) and place narrow down, bits."""
_RUNS = re.compile(r"[^?*]+")


def is_pattern(plate: str) -> bool:
    """An entry's plate with wildcards."""
    return "?" in plate or "*" in plate


def known_characters(plate: str) -> int:
    """Of an entry's plate, without wildcards."""
    return len(plate) - plate.count("?") - plate.count("*")


class Anchor(NamedTuple):
    """Known characters of a pattern, and where they stand on a plate that fits it."""

    length: int
    start: int | None
    """From the beginning; None: not told."""
    end: int | None
    """How many characters follow at the end; None: not told."""
    key: bytes


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
        groups: defaultdict[tuple[int, int | None, int | None], dict[int, list[int]]] = defaultdict(dict)
        for number, pattern in enumerate(patterns):
            length, start, end, key = _anchor(pattern.plate)
            groups[length, start, end].setdefault(int.from_bytes(key, "big"), []).append(number)
        self._groups: Mapping[tuple[int, int | None, int | None], _Group] = {
            at: _Group(np.array(sorted(by_key), dtype=np.int64), by_key) for at, by_key in groups.items()
        }

    def __len__(self) -> int:
        return len(self._patterns)

    def find(self, texts: Bytes) -> Iterator[tuple[int, Pattern]]:
        """Row of a text and a pattern that its key fits, without those that only its anchor fits."""
        if not self._patterns:
            return
        grams = _Grams(KEY[texts].astype(np.int64), lengths_of(texts))
        for (length, start, end), group in self._groups.items():
            for row, number in group.candidates(grams.at(length, start, end)):
                pattern = self._patterns[number]
                if pattern.fits_key(KEY[texts[row]].tobytes().rstrip(b"\0").decode("latin-1")):
                    yield row, pattern


class _Group(NamedTuple):
    keys: NDArray[np.int64]
    """Sorted."""
    patterns: Mapping[int, Sequence[int]]

    def candidates(self, grams: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        """grams: (texts, places). Row of a text, number of a pattern; each once."""
        at = np.minimum(np.searchsorted(self.keys, grams), len(self.keys) - 1)
        rows, places = np.nonzero(self.keys[at] == grams)
        for row, key in dict.fromkeys(zip(rows.tolist(), grams[rows, places].tolist(), strict=True)):
            for number in self.patterns[key]:
                yield row, number


class _Grams:
    """Characters in a row of each text, as numbers; 0 where the text is too short."""

    def __init__(self, keys: NDArray[np.int64], lengths: NDArray[np.int64]) -> None:
        self._lengths = lengths
        self._by_length = [keys]
        for more in range(1, LONGEST_ANCHOR):
            longer = self._by_length[-1][:, :-1] << 8 | keys[:, more:]
            longer[keys[:, more:] == 0] = 0
            self._by_length.append(longer)

    def at(self, length: int, start: int | None, end: int | None) -> NDArray[np.int64]:
        """(texts, places) At the anchor's place; at all of them where none is told."""
        grams = self._by_length[length - 1]
        if start is not None:
            return grams[:, start : start + 1]
        if end is None:
            return grams
        begin = self._lengths - end - length
        return np.where(begin >= 0, grams[np.arange(len(grams)), np.maximum(begin, 0)], 0)[:, None]


def _anchor(plate: str) -> Anchor:
    """The characters in a row that narrow down most."""
    return max(_anchors(plate), key=_bits)


def _anchors(plate: str) -> Iterator[Anchor]:
    before, after = plate.find("*"), plate.rfind("*")
    for run in _RUNS.finditer(plate):
        for begin in range(run.start(), run.end()):
            for end in range(begin + 1, min(begin + LONGEST_ANCHOR, run.end()) + 1):
                start = begin if before < 0 or begin < before else None
                rest = len(plate) - end if after < begin else None
                yield Anchor(end - begin, start, rest if start is None else None, plate_key(plate[begin:end]).encode())


def _bits(anchor: Anchor) -> float:
    known = sum(DIGIT_BITS if char.isdigit() else LETTER_BITS for char in anchor.key.decode())
    return known + (0 if anchor.start is None and anchor.end is None else PLACE_BITS)
