"""How a camera may misread a plate, how likely that is, and in words which change it was.

The model, whose numbers are assumptions until officers' corrections tell better: a character is taken for another one
with the share that confusions.yaml gives, or for any other (dirt, a bolt) rarely; one character is lost or one too many
is read, at the ends sooner than inside, and sooner one that repeats its neighbour. Changes within a confusion class may
be several; of others one, as the store compares (edit distance of keys at most 1).

What a misread says about a vehicle: a text that is right with the confidence c is wrong with 1 - c, and then it was
one of the plates that are read so, in proportion to how likely each is to be read so and to be a plate at all.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from string import ascii_uppercase, digits
from typing import NamedTuple

from pipeline.plates.confusions import confused_with
from pipeline.plates.shapes import shape_of
from pipeline.plates.text import plate_key

__all__ = ["Misread", "misread_keys", "misread_of", "probability"]

OTHER = 0.0001
"""Share of characters taken for one certain character that does not look like them."""
LOST_AT_END, LOST_INSIDE, LOST_TWIN = 0.004, 0.0005, 0.002
"""Share of plates of which the first or the last character, another one, one of a pair of the same is not read."""
EXTRA_AT_END, EXTRA_INSIDE, EXTRA_TWIN = 0.0005, 0.00002, 0.001
"""Share of plates in which one certain character too many is read: before or after, inside, one twice."""
EXTRA_BAR = 0.002
"""The same for what a frame, a bolt or the euro band leaves at the ends."""
BARS = frozenset("1IL")
BANDS = frozenset("BDFLN")
UNUSUAL = 0.05
"""How often a text that fits no shape of plates is one, against one that does."""
STAND_INS = (("K", len(ascii_uppercase)), ("7", len(digits)))
_KEY_CHARACTERS = "".join(sorted(set(plate_key(digits + ascii_uppercase))))


class Misread(NamedTuple):
    """One text as a misread of one plate."""

    likelihood: float
    """Share of looks at the plate that give this text, 0-1; of the plate itself 1."""
    why: str
    """`exact`, or the changes in words; places count from 1 on the plate."""


def misread_keys(plate: str) -> tuple[str, ...]:
    """All confusion-class keys within one misread, lost or extra character of a compact plate, sorted."""
    key = plate_key(plate)
    keys = {key}
    for place in range(len(key) + 1):
        before, after = key[:place], key[place:]
        keys.update(before + char + after for char in _KEY_CHARACTERS)
        if after:
            keys.add(before + after[1:])
            keys.update(before + char + after[1:] for char in _KEY_CHARACTERS)
    return tuple(sorted(keys - {""}))


@functools.lru_cache(maxsize=8192)
def misread_of(plate: str, text: str) -> Misread | None:
    """The likeliest way in which a compact plate is read as a compact text; None: none in reach of the model."""
    return max(_ways(plate, text), key=lambda way: way.likelihood, default=None)


def probability(plate: str, text: str, confidence: float) -> float:
    """That a vehicle read as `text`, which is right with the confidence 0-1, carries `plate`. Not yet calibrated."""
    if plate == text:
        return confidence
    found = misread_of(plate, text)
    return (1 - confidence) * min(1.0, found.likelihood / _all_misreads(text)) if found else 0.0


def _ways(plate: str, text: str) -> Iterator[Misread]:
    if len(plate) == len(text):
        yield from _replaced(plate, text)
    elif len(plate) == len(text) + 1:
        for place, char in enumerate(plate):
            for rest in _alike(plate[:place] + plate[place + 1 :], text):
                yield _lost(plate, place, char, rest)
    elif len(plate) == len(text) - 1:
        for place, char in enumerate(text):
            for rest in _alike(plate, text[:place] + text[place + 1 :]):
                yield _extra(text, place, char, rest)


def _alike(plate: str, text: str) -> Iterator[Misread]:
    """As `_replaced`, with look-alikes of one class only."""
    if plate_key(plate) == plate_key(text):
        yield from _replaced(plate, text)


def _replaced(plate: str, text: str) -> Iterator[Misread]:
    places = [place for place, (a, b) in enumerate(zip(plate, text, strict=True)) if a != b]
    unlike = sum(plate_key(plate[place]) != plate_key(text[place]) for place in places)
    if unlike <= 1:
        likelihood = math.prod(_taken(plate[place], text[place]) for place in places)
        changes = (f"{text[place]} for {plate[place]} at place {place + 1}" for place in places)
        yield Misread(likelihood, ", ".join(changes) or "exact")


def _taken(char: str, other: str) -> float:
    return confused_with().get(char, {}).get(other, OTHER)


def _lost(plate: str, place: int, char: str, rest: Misread) -> Misread:
    where = {0: "at the beginning", len(plate) - 1: "at the end"}.get(place, f"at place {place + 1}")
    return _and(rest, _lost_share(plate, place), f"{char} missing {where}")


def _extra(text: str, place: int, char: str, rest: Misread) -> Misread:
    where = {0: "at the beginning", len(text) - 1: "at the end"}.get(place, f"after place {place}")
    return _and(rest, _extra_share(text, place, char), f"{char} too many {where}")


def _and(rest: Misread, share: float, change: str) -> Misread:
    why = change if rest.why == "exact" else f"{change}, {rest.why}"
    return Misread(rest.likelihood * share, why)


def _lost_share(plate: str, place: int) -> float:
    if place in {0, len(plate) - 1}:
        return LOST_AT_END
    return LOST_TWIN if _has_twin(plate, place) else LOST_INSIDE


def _extra_share(text: str, place: int, char: str) -> float:
    twin = EXTRA_TWIN if _has_twin(text, place) else 0.0
    if place == 0:
        return max(EXTRA_BAR if char in BARS | BANDS else EXTRA_AT_END, twin)
    if place == len(text) - 1:
        return max(EXTRA_BAR if char in BARS else EXTRA_AT_END, twin)
    return twin or EXTRA_INSIDE


def _has_twin(text: str, place: int) -> bool:
    return text[place] in text[max(0, place - 1) : place] + text[place + 1 : place + 2]


@functools.lru_cache(maxsize=8192)
def _all_misreads(text: str) -> float:
    """Sum over all plates that are one misread away of how likely each is there, and is read as this text."""
    return sum(likelihood * _usual(other) for other, likelihood in _neighbours(text))


def _neighbours(text: str) -> Iterator[tuple[str, float]]:
    """What may have been read as this text. Of characters that do not look alike, one letter and one digit stand for
    all: it is their number that counts."""
    for place, char in enumerate(text):
        before, after = text[:place], text[place + 1 :]
        for other in confused_with().get(char, {}):
            yield before + other + after, _taken(other, char)
        for other, number in STAND_INS:
            yield before + other + after, number * OTHER
        if before or after:
            yield before + after, _extra_share(text, place, char)
    for place in range(len(text) + 1):
        share = LOST_AT_END if place in {0, len(text)} else LOST_INSIDE
        for other, number in STAND_INS:
            yield text[:place] + other + text[place:], number * share


def _usual(plate: str) -> float:
    return 1.0 if shape_of(plate) else UNUSUAL
