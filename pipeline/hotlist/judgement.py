"""How likely it is that a vehicle carries the plate of an entry, given what was read.

Two questions, one after the other. What does the picture say: with which probability is the plate this text, if any
plate were as likely as another? Then, what does the list say: a listed plate passes less often than any other, the more
so the longer the list is (rules.py). By Bayes, with q the first answer and r the second:

    p = r q / (r q + 1 - q)

The picture: the text as read is right as often as such confidences were (calibration.py). What is left is shared out:
to places by how much the reader doubted each, there to the characters it thought of, as it held them, and the rest to
look-alikes; a part to texts that lack a character or have one too many, mostly at an end.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.calibration import Floats
from pipeline.hotlist.evidence import Evidence
from pipeline.hotlist.spelling import CODE, KEY, Bytes, lengths_of
from pipeline.plates.confusions import confused_with
from pipeline.plates.misread import EXTRA_AT_END, EXTRA_INSIDE, LOST_AT_END, LOST_INSIDE, OTHER
from pipeline.plates.shapes import text_density
from pipeline.plates.text import MAX_LENGTH

__all__ = ["listed_probability", "picture_probability"]

WRONG_LENGTH = 0.1
"""Share of wrong texts that have one character too few or too many. Assumption, as in `plates.misread`."""
ONE_MORE = 0.2
"""How often a text with a wrong character has another one, for each pair of places. Assumption."""
ALL_LENGTHS = 2 * (LOST_AT_END + EXTRA_AT_END)
"""Nearly all of these are at the ends."""
LETTERS_IN_USE, DIGITS_IN_USE, FIRST_IN_USE = 22, 10, 2


@functools.cache
def _spread() -> Floats:
    """By the codes of what was read and what it may be instead: share of a doubt of which the reader names nothing."""
    table = np.full((37, 37), OTHER)
    for char, others in confused_with().items():
        for other, share in others.items():
            table[CODE[ord(char)], CODE[ord(other)]] = share
    np.fill_diagonal(table, 0)
    shares: Floats = table / table.sum(axis=1, keepdims=True)
    return shares


def picture_probability(texts: Bytes, entries: Bytes, evidence: Evidence, passages: NDArray[np.int64]) -> Floats:
    """That the plate is the entry's, if any were as likely; 0 where the two are not near.

    texts, entries: (pairs, 12); passages: whose evidence goes with each pair. Pairs that only share a spelling, such as
    two that lack different characters, are not near.
    """
    right = evidence.right[passages]
    exact = (texts == entries).all(axis=1)
    others = (1 - right) * (1 - WRONG_LENGTH) * _share(texts, entries, evidence, passages)
    found: Floats = np.where(exact, right, others)
    other = np.flatnonzero(lengths_of(texts) != lengths_of(entries))
    found[other] = _of_other_length(texts[other], entries[other], right[other])
    return found


def _share(texts: Bytes, entries: Bytes, evidence: Evidence, passages: NDArray[np.int64]) -> Floats:
    """Of what the text as read leaves to others of its length, the entry's part."""
    share = (np.count_nonzero(KEY[texts] != KEY[entries], axis=1) <= 1).astype(np.float64)
    pairs, places = np.nonzero((texts != entries) & (share > 0)[:, None])
    owners = passages[pairs]
    read, listed = CODE[texts[pairs, places]], CODE[entries[pairs, places]]
    doubt = evidence.doubt[owners, places]
    unnamed = np.maximum(doubt - evidence.named[owners, places], 0)
    here = evidence.told[owners, places, listed] + unnamed * _spread()[read, listed]
    np.multiply.at(share, pairs, np.minimum(here, doubt) / evidence.all_doubt[owners])
    more = np.maximum(np.bincount(pairs, minlength=len(share)) - 1, 0)
    found: Floats = share * ONE_MORE**more
    return found


def listed_probability(picture: Floats, odds: Floats) -> Floats:
    """That the vehicle carries the listed plate; odds: of the list, against any one other text (`odds_of_lists`)."""
    listed = odds * picture
    found: Floats = np.minimum(1.0, listed / np.maximum(listed + 1 - picture, 1e-12))
    return found


def _of_other_length(texts: Bytes, entries: Bytes, right: Floats) -> Floats:
    """Of texts that have one character too few or too many. One that is seldom a plate is likelier to be wrong."""
    lacking = lengths_of(texts) < lengths_of(entries)
    long = np.where(lacking[:, None], entries, texts)
    short = np.where(lacking[:, None], texts, entries)
    place, at_end, near = _missing(long, short)
    share = np.where(
        lacking, np.where(at_end, LOST_AT_END, LOST_INSIDE), np.where(at_end, EXTRA_AT_END, EXTRA_INSIDE)
    )  # fmt: skip
    choices = np.where(lacking, _choices(entries, place), 1)
    densities = [(text_density(_text(t)), text_density(_text(e))) for t, e in zip(texts, entries, strict=True)]
    usual = np.array([min(1.0, text / entry) for text, entry in densities], dtype=np.float64)
    wrong = 1 - right * usual / (right * usual + 1 - right)
    found: Floats = np.where(near, wrong * WRONG_LENGTH * share / ALL_LENGTHS / choices, 0)
    return found


def _missing(long: Bytes, short: Bytes) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Place of the character that the shorter one lacks, whether that may be at an end, and whether the rest is alike.

    In confusion-class keys. Of several like characters in a row it may be any: the first is told.
    """
    keys, others = KEY[long], KEY[short]
    place = np.argmax(keys != others, axis=1)
    moved = np.arange(MAX_LENGTH)[None, :] >= place[:, None]
    rest = np.where(moved, np.append(keys[:, 1:], np.zeros((len(keys), 1), np.uint8), axis=1), keys)
    first, last = _row_of_like(keys, place, -1), _row_of_like(keys, place, 1)
    at_end = (first == 0) | (last == lengths_of(long) - 1)
    return first, at_end, (rest == others).all(axis=1)


def _row_of_like(keys: Bytes, place: NDArray[np.int64], step: int) -> NDArray[np.int64]:
    """How far like characters go on in one direction."""
    rows = np.arange(len(keys))
    for _ in range(MAX_LENGTH):
        further = np.clip(place + step, 0, MAX_LENGTH - 1)
        like = keys[rows, further] == keys[rows, place]
        if (further[like] == place[like]).all():
            break
        place = np.where(like, further, place)
    return place


def _choices(entries: Bytes, place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Characters that may stand where the text lacks one: each would make another plate."""
    char = entries[np.arange(len(entries)), place]
    digit = (char >= ord("0")) & (char <= ord("9"))
    first = (place == 0) & ((char == ord("1")) | (char == ord("2")))
    return np.where(first, FIRST_IN_USE, np.where(digit, DIGITS_IN_USE, LETTERS_IN_USE))


def _text(row: Bytes) -> str:
    return row.tobytes().rstrip(b"\0").decode("latin-1")
