"""How likely it is that a vehicle carries the plate of an entry, given what was read.

By Bayes, three explanations of what was read are weighed against each other: the text as it is, as likely to be right
as such confidences were (calibration.py) and as usual as a plate (outline.py); any other text, as usual as that one is;
and the entry, which passes less often than another plate, the more so the longer its list is (rules.py).

How the doubt is shared out among other texts: to places by how much the reader doubted each, there to the characters it
thought of, as it held them, and the rest to look-alikes; a part to texts that lack a character or have one too many,
mostly at an end, and sooner where the reader doubts an end. A doubt of which no plate could come, such as of a digit
that might be a letter where plates have digits, speaks for the text as it was read.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.calibration import Floats
from pipeline.hotlist.evidence import Evidence
from pipeline.hotlist.outline import outlooks, usualness
from pipeline.hotlist.spelling import CODE, KEY, Bytes, lengths_of
from pipeline.plates.confusions import confused_with
from pipeline.plates.misread import EXTRA_AT_END, EXTRA_INSIDE, LOST_AT_END, LOST_INSIDE, OTHER
from pipeline.plates.text import MAX_LENGTH

__all__ = ["MOST_OF_TOLD", "listed_probability", "most_in_picture", "most_of_untold", "picture_probability"]

WRONG_LENGTH = 0.15
"""Share of wrong texts that have one character too few or too many: of the invented reader, after syntax has mended
what it can (`bench/match_curve.py`)."""
PLAUSIBLE = 0.4
"""Share of a doubt that goes to texts as usual as the one read, on the mean: it is in the calibration already."""
MOST_OF_TOLD = 1 - WRONG_LENGTH
"""Part of a doubt that may all be one other text's, where the reader names it."""
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
    """That the plate is the entry's, if it passed as often as any usual plate; 0 where the two are not near.

    texts, entries: (pairs, 12); passages: whose evidence goes with each pair. Pairs that only share a spelling, such as
    two that lack different characters, are not near.
    """
    right = evidence.right[passages]
    ends = _doubt_at_ends(evidence)
    share = (1 - WRONG_LENGTH) * _share(texts, entries, evidence, passages)
    other = np.flatnonzero(lengths_of(texts) != lengths_of(entries))
    share[other] = WRONG_LENGTH * _share_of_other_length(texts[other], entries[other], ends[passages[other]])
    instead = (1 - right) * share / PLAUSIBLE
    changes = np.count_nonzero(texts != entries, axis=1)
    beside = np.where(changes > 1, instead, 0)  # of several changes at once, the sum of all has none
    weight = np.maximum(_all_told(evidence, ends)[passages] + beside, 1e-12)
    found: Floats = np.where(changes == 0, right, np.minimum(1.0, instead / weight))
    return found


def most_of_untold(texts: Bytes) -> Floats:
    """Largest part of a doubt that one other text has, of these of which the reader tells nothing but how sure it is.

    Its doubt is then even over the characters, each of which goes to a look-alike at most as confusions have it.
    """
    likest = np.where(texts != 0, _spread().max(axis=1)[CODE[texts]], 0).max(axis=1)
    at_place = (1 - WRONG_LENGTH) * likest / np.maximum(lengths_of(texts), 1)
    other_length = WRONG_LENGTH * max(LOST_AT_END, LOST_INSIDE, EXTRA_AT_END, EXTRA_INSIDE) / ALL_LENGTHS
    found: Floats = np.maximum(at_place, other_length)
    return found


def most_in_picture(right: Floats, usual: Floats, part: Floats | float = MOST_OF_TOLD) -> Floats:
    """No other text is likelier than this by `picture_probability`. usual: of texts, `outline.usualness`.

    part: of the doubt, the most that one other text has; where nothing more is known, all but other lengths.
    """
    instead = (1 - right) * part / PLAUSIBLE
    found: Floats = np.minimum(1.0, instead / np.maximum(right * usual, 1e-12))
    return found


def _all_told(evidence: Evidence, ends: Floats) -> Floats:
    """Weight of the text as read and of all that it may be instead, per passage."""
    others = outlooks(evidence.plates)
    same, turned = _shares_by_class(evidence)
    changed = (same * others.own[:, None] + turned * others.turned).sum(axis=1) / evidence.all_doubt
    lost = others.longer.sum(axis=1) * LOST_AT_END / ALL_LENGTHS
    extra = others.shorter.sum(axis=1) * EXTRA_AT_END / ALL_LENGTHS
    instead = (1 - WRONG_LENGTH) * changed + WRONG_LENGTH * ends * (lost + extra)
    found: Floats = evidence.right * usualness(evidence.plates) + (1 - evidence.right) * instead / PLAUSIBLE
    return found


def _shares_by_class(evidence: Evidence) -> tuple[Floats, Floats]:
    """(passages, 12) Of the doubt at each place, what goes to characters of the same class, letter or digit; and of the
    other."""
    codes = CODE[evidence.plates]
    unnamed = np.maximum(evidence.doubt - evidence.named, 0)
    digits = evidence.told[:, :, :10].sum(axis=2) + unnamed * _spread()[:, :10].sum(axis=1)[codes]
    letters = evidence.told[:, :, 10:36].sum(axis=2) + unnamed * _spread()[:, 10:36].sum(axis=1)[codes]
    is_letter = codes >= CODE[ord("A")]
    return np.where(is_letter, letters, digits), np.where(is_letter, digits, letters)


def _doubt_at_ends(evidence: Evidence) -> Floats:
    """How much of the doubt is at the first and last character, against an even doubt, per passage."""
    lengths = lengths_of(evidence.plates)
    first, last = evidence.doubt[:, 0], evidence.doubt[np.arange(len(lengths)), np.maximum(lengths - 1, 0)]
    found: Floats = (first + last) / 2 / evidence.all_doubt * lengths
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


def _share_of_other_length(texts: Bytes, entries: Bytes, ends: Floats) -> Floats:
    """Of texts that have one character too few or too many: the entry's part. ends: `_doubt_at_ends` of each."""
    lacking = lengths_of(texts) < lengths_of(entries)
    long = np.where(lacking[:, None], entries, texts)
    short = np.where(lacking[:, None], texts, entries)
    place, at_end, near = _missing(long, short)
    share = np.where(
        lacking, np.where(at_end, LOST_AT_END, LOST_INSIDE), np.where(at_end, EXTRA_AT_END, EXTRA_INSIDE)
    )  # fmt: skip
    choices = np.where(lacking, _choices(entries, place), 1)
    found: Floats = np.where(near, share / ALL_LENGTHS / choices * np.where(at_end, ends, 1.0), 0.0)
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
