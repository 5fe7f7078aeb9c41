"""Misreads of whole columns of plates, by the table of confusions of `replay.misread`."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from replay.history.texts import Bytes, Texts
from replay.misread import EDGE_ERROR_RATE, OTHERS, SECOND_ERROR_RATE

__all__ = ["KEY_CLASS", "alternative", "garbled", "has_alternative", "misread"]

_FROM, _TO = "ODQILZSGB", "000112568"
KEY_CLASS: Bytes = np.arange(256, dtype=np.uint8)
"""Byte → byte of the confusion-class key, as the contract of a passage has it."""
KEY_CLASS[np.frombuffer(_FROM.encode(), np.uint8)] = np.frombuffer(_TO.encode(), np.uint8)


def garbled(plates: Texts, rng: np.random.Generator) -> Texts:
    """Each plate misread: one confused character, or one lost at an edge."""
    chars = _confused(plates.chars, rng)
    lengths = plates.lengths
    edge = rng.random(len(chars))
    first, last = np.flatnonzero(edge < EDGE_ERROR_RATE / 2), np.flatnonzero((edge >= 0.5) & (edge < 0.5 + 0.05))
    chars[first] = np.pad(plates.chars[first, 1:], ((0, 0), (0, 1)))
    chars[last] = plates.chars[last]
    chars[last, lengths[last] - 1] = 0
    return Texts(chars)


def misread(plates: Texts, rng: np.random.Generator) -> Texts:
    """Each plate misread with the chances of `replay.misread.garble`: a second error, and edges lost or doubled too.

    The column must be wider than its plates, by one character.
    """
    plain, lengths = plates.chars, plates.lengths
    chars = _confused(plain, rng)
    more = np.flatnonzero(rng.random(len(chars)) < SECOND_ERROR_RATE)
    twice = _confused(chars[more], rng)
    kept = np.count_nonzero(twice != plain[more], axis=1) == 2
    chars[more[kept]] = twice[kept]
    edge = rng.random(len(chars)) / EDGE_ERROR_RATE
    edge[(chars == plain).all(axis=1)] = 0.3  # nothing looks like any of its characters
    first, last = np.flatnonzero(edge < 0.25), np.flatnonzero((edge >= 0.25) & (edge < 0.5))
    chars[first] = np.pad(plain[first, 1:], ((0, 0), (0, 1)))
    chars[last] = plain[last]
    chars[last, lengths[last] - 1] = 0
    front, back = np.flatnonzero((edge >= 0.5) & (edge < 0.75)), np.flatnonzero((edge >= 0.75) & (edge < 1))
    chars[front] = np.concatenate([plain[front, :1], plain[front, :-1]], axis=1)
    chars[back] = plain[back]
    chars[back, lengths[back]] = plain[back, lengths[back] - 1]
    return Texts(chars)


def has_alternative(chars: Bytes) -> NDArray[np.bool_]:
    """Whether some character looks like it."""
    found: NDArray[np.bool_] = _table()[0][chars] > 0
    return found


def alternative(chars: Bytes) -> Bytes:
    """The character that looks most like each; itself where none does."""
    found: Bytes = _strongest()[chars]
    return found


def _confused(plain: Bytes, rng: np.random.Generator) -> Bytes:
    """One character of each, swapped for one that looks like it."""
    chars = plain.copy()
    weights, _ = _table()
    # The place with the greatest of exponential draws over its weight: places with strong doubles are likelier.
    with np.errstate(divide="ignore"):
        place = np.argmin(rng.standard_exponential(chars.shape) / weights[chars], axis=1)
    rows = np.arange(len(chars))
    chars[rows, place] = _drawn(chars[rows, place], rng)
    return chars


def _drawn(chars: Bytes, rng: np.random.Generator) -> Bytes:
    _, cumulated = _table()
    choice = (rng.random(len(chars))[:, None] > cumulated[chars]).sum(axis=1)
    found: Bytes = _others()[chars, choice]
    return found


@cache
def _table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Byte → sum of its weights; byte → shares of its doubles, added up."""
    weights = np.zeros(256)
    cumulated = np.full((256, _most()), 2.0)
    for char, doubles in OTHERS.items():
        shares = np.cumsum([weight for _, weight in doubles])
        weights[ord(char)] = shares[-1]
        cumulated[ord(char), : len(shares)] = shares / shares[-1]
    return weights, cumulated


@cache
def _others() -> Bytes:
    """Byte → its doubles; itself where there is none."""
    found = np.repeat(np.arange(256, dtype=np.uint8)[:, None], _most() + 1, axis=1)
    for char, doubles in OTHERS.items():
        found[ord(char), : len(doubles)] = [ord(other) for other, _ in doubles]
    return found


@cache
def _strongest() -> Bytes:
    found = np.arange(256, dtype=np.uint8)
    for char, doubles in OTHERS.items():
        found[ord(char)] = ord(max(doubles, key=lambda double: double[1])[0])
    return found


def _most() -> int:
    return max(map(len, OTHERS.values()))
