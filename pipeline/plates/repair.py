"""Repair of a plate's text by what may stand at each place: a letter where a letter must be, a digit where a digit.

Only characters that cannot stand where they stand are changed, and only into what a reader takes for them. A text that
fits a shape is never touched; one that fits none and is like none stays too. Where two repairs are about as likely, the
text stays and both are told: ABC-1D0 is for the hotlist to look up twice, not for us to guess.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.plates.catalogue import Shape, load_shapes
from pipeline.plates.confusions import confused_with
from pipeline.plates.layout import DIGITS, LETTERS, Layout
from pipeline.plates.shapes import hint_factor, shape_of, text_density

__all__ = ["CLEARLY", "MAX_CANDIDATES", "MIN_CANDIDATE", "Repair", "repair"]

CLEARLY = 4.5
"""The best repair is taken when it is this many times as likely as the next reading, the text as it is included.
Twice is too little: a 0 for a letter on a Belgian plate is a D two times out of three, no more. Assumption."""
MIN_CANDIDATE = 0.01
"""Readings less likely than this are not told."""
MAX_CANDIDATES = 8
DOUBT_WEIGHT = 0.5
"""Part that the reader's own doubt has, where it tells any, against the table of confusions. Assumption."""

Doubts = Sequence[Mapping[str, float]]
Options = Mapping[str, float]
Scores = dict[str, tuple[float, str | None]]


class _Target(NamedTuple):
    """One layout of a shape that is in use, and the probability of one given text of it."""

    shape: Shape
    layout: Layout
    density: float


class Repair(NamedTuple):
    """What syntax makes of one text."""

    text: str
    """The text to go on with: repaired, or as it was."""
    changed: bool
    factor: float
    """What is left of the confidence in the whole text, 0-1: probability that `text`, or where it is ambiguous the
    best candidate, is right. 1 where syntax says nothing against the text."""
    candidates: tuple[tuple[str, float], ...] = ()
    """Possible texts with their probability, best first. Empty where there is nothing to choose."""
    shape: str | None = None
    """Id of the shape that `text` fits, if it certainly fits one."""


def repair(text: str, doubts: Doubts = (), *, hint: str | None = None) -> Repair:
    """The text repaired by the places of the shapes that it nearly fits.

    text: compact. doubts: at each place of the text, the characters that the reader thought of instead, with the
    share it gave them (0-1); may be shorter than the text. hint: country that the reader saw (euro band).
    """
    kept = _as_it_is(text)
    if kept.shape is not None:
        return kept
    return _search(text, doubts, hint) if any(doubts) else _search_plain(text, hint)


@functools.lru_cache(maxsize=32_768)
def _as_it_is(text: str) -> Repair:
    shape = shape_of(text)
    return Repair(text, False, 1.0, (), shape.id if shape else None)


@functools.lru_cache(maxsize=8192)
def _search_plain(text: str, hint: str | None) -> Repair:
    return _search(text, (), hint)


def _search(text: str, doubts: Doubts, hint: str | None) -> Repair:
    scores = _repaired(text, doubts, hint)
    if not scores:
        return Repair(text, False, 1.0)
    scores[text] = (text_density(text, hint), None)
    return _decided(text, scores)


def _decided(text: str, scores: Scores) -> Repair:
    """The best reading if it is clearly the best; otherwise the text as it was, with what it may be."""
    total = sum(score for score, _ in scores.values())
    ranked = sorted(scores, key=lambda other: (-scores[other][0], other))
    shares = {other: scores[other][0] / total for other in ranked}
    best, second = ranked[:2]
    told = tuple((other, shares[other]) for other in ranked[:MAX_CANDIDATES] if shares[other] >= MIN_CANDIDATE)
    if shares[best] < CLEARLY * shares[second]:
        return Repair(text, False, shares[best], told)
    if best == text:
        return Repair(text, False, 1.0)
    return Repair(best, True, shares[best], told, scores[best][1])


def _repaired(text: str, doubts: Doubts, hint: str | None) -> Scores:
    """Every text within reach, with its likelihood and its likeliest shape."""
    scores: defaultdict[str, float] = defaultdict(float)
    best: dict[str, tuple[float, str]] = {}
    options = [_instead(char, doubts[place] if place < len(doubts) else {}) for place, char in enumerate(text)]
    for target in _near(text, options):
        weight = target.density * hint_factor(target.shape, hint)
        for other, chance in _within_reach(text, options, target.layout):
            if target.shape.pattern.fullmatch(other):
                score = weight * chance * _usual(target, other)
                scores[other] += score
                best[other] = max(best.get(other, (0.0, "")), (score, target.shape.id))
    return {other: (score, best[other][1]) for other, score in scores.items()}


def _usual(target: _Target, text: str) -> float:
    """How usual the letters of a text are, where the shape has a choice of letters and some are rare."""
    rare = target.shape.rare
    if not rare or rare.keys().isdisjoint(text):
        return 1.0
    places = zip(text, target.layout.places, strict=True)
    return math.prod(rare.get(char, 1.0) for char, allowed in places if len(allowed) > 1)


def _within_reach(text: str, options: Sequence[Options], layout: Layout) -> Iterator[tuple[str, float]]:
    """All texts that change just the characters that the layout does not allow, with their likelihood."""
    wrong = [place for place, char in enumerate(text) if char not in layout.places[place]]
    choices = [[one for one in options[place].items() if one[0] in layout.places[place]] for place in wrong]
    for picked in itertools.product(*choices):
        chars = list(text)
        for place, (char, _) in zip(wrong, picked, strict=True):
            chars[place] = char
        yield "".join(chars), math.prod(chance for _, chance in picked)


def _instead(char: str, doubt: Mapping[str, float]) -> Options:
    """Likelihood of other characters: of the table, mixed with the reader's own doubts where it tells any."""
    table = confused_with().get(char, {})
    if not doubt:
        return table
    shares = {other: min(max(share, 0.0), 1.0) for other, share in doubt.items() if other != char}
    sure = max(1 - sum(shares.values()), 0.0)
    kept = DOUBT_WEIGHT * sure + (1 - DOUBT_WEIGHT)
    return {
        other: (DOUBT_WEIGHT * shares.get(other, 0.0) + (1 - DOUBT_WEIGHT) * table.get(other, 0.0)) / kept
        for other in {**table, **shares}
    }


def _near(text: str, options: Sequence[Options]) -> Iterator[_Target]:
    """Targets that one or two changes may reach; with more, a text would be a guess (domain reference, 3.8).

    All targets of a length are tried at once: each is a bit of a number, and a place contributes the bits of those
    that do not allow its character. Thus the cost is per character, not per shape.
    """
    targets, refused = _targets(len(text))
    once = twice = out = 0
    for place, char in enumerate(text):
        refusing = refused[place]
        wrong = hopeless = refusing.get(char, -1)
        for other in options[place]:
            hopeless &= refusing.get(other, -1)
        out |= hopeless | (twice & wrong)
        twice |= once & wrong
        once |= wrong
    left = once & ~out
    while left:
        lowest = left & -left
        yield targets[lowest.bit_length() - 1]
        left ^= lowest


@functools.lru_cache(maxsize=16)
def _targets(length: int) -> tuple[list[_Target], list[dict[str, int]]]:
    """Targets of a length, and by place and character the bits of those that refuse it."""
    targets = [
        _Target(shape, layout, shape.density(layout))
        for shape in load_shapes()
        for layout in shape.layouts
        if shape.role == "series" and len(layout.places) == length
    ]
    refused = [
        {char: _bits(char not in target.layout.places[place] for target in targets) for char in LETTERS + DIGITS}
        for place in range(length)
    ]
    return targets, refused


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)
