"""How likely a text is a number plate, and not a sign, an advert, a phone number or the door of a taxi.

By the text alone, so never the last word: badges fit shapes (four rings are read as C00D, a French moped), and a
personalised plate may be any word. The caller weighs it with geometry and confidence. All scores are assumptions,
chosen so that their order is right: series in use > old and short shapes > personalised > words alone > signs.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from pipeline.plates.catalogue import UNKNOWN
from pipeline.plates.repair import repair
from pipeline.plates.shapes import matches, shape_of
from pipeline.plates.text import compact
from pipeline.plates.writing import Writing, marks_of, words_of

__all__ = ["plausibility"]

SERIES, EXACT, SHORT = 0.95, 0.75, 0.5
REPAIRED, AMBIGUOUS = 0.85, 0.7
PERSONALISED, WORD, UNKNOWN_MIX = 0.45, 0.3, 0.35
DIGITS_ONLY, TOO_LONG, NOTHING = 0.1, 0.05, 0.1
BY_WORDS: Mapping[Writing | None, float] = {"badge": 0.1, "sign": 0.03}
NO_PLATE = 0.05
"""A text whose punctuation or units say what it is: phone number, date, web address, measure."""
SHORT_UP_TO = 4
"""Characters up to which an old shape fits almost any fragment."""


@functools.lru_cache(maxsize=16_384)
def plausibility(text: str) -> float:
    """How likely a text is a number plate, 0-1, as read or compact.

    As read it tells more: `12/05/2026` is a date, its digits alone only no plate. 0 for a text without characters.
    """
    plate = compact(text)
    if not plate:
        return 0.0
    if marks_of(text):
        return NO_PLATE
    return min(_by_shape(plate), BY_WORDS.get(words_of(plate), 1.0))


def _by_shape(plate: str) -> float:
    if plate.isdigit():
        return DIGITS_ONLY if len(plate) <= 5 else NO_PLATE
    shape = shape_of(plate)
    if shape is None:
        return max(_by_repair(plate), _by_loose_shape(plate))
    if shape.role == "series":
        return SERIES
    return SHORT if len(plate) <= SHORT_UP_TO else EXACT


def _by_repair(plate: str) -> float:
    if plate.isalpha():
        return 0.0  # or else half of all words are some plate misread
    found = repair(plate)
    if found.changed:
        return REPAIRED * found.factor
    others = sum(share for text, share in found.candidates if text != plate)
    return AMBIGUOUS * others


def _by_loose_shape(plate: str) -> float:
    countries = {shape.country for shape, _ in matches(plate)}
    if plate.isalpha():
        return WORD if countries - {UNKNOWN} else TOO_LONG
    if countries - {UNKNOWN}:
        return PERSONALISED
    return UNKNOWN_MIX if countries else NOTHING
