"""Passages against the list: which entries each may be, how likely, and whether somebody is told."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.calibration import Floats
from pipeline.hotlist.evidence import evidence_of, plates_right, rivals_of
from pipeline.hotlist.index import HotlistIndex, Pairs
from pipeline.hotlist.judgement import (
    MOST_OF_TOLD,
    listed_probability,
    most_in_picture,
    most_of_untold,
    picture_probability,
)
from pipeline.hotlist.outline import usualness
from pipeline.hotlist.patterns import Pattern
from pipeline.hotlist.rules import list_rules, odds_of_lists
from pipeline.hotlist.spelling import Bytes, rows_of
from pipeline.plates.confusions import MISREAD_SHARE
from schemas.passage import Passage

__all__ = ["AlertClass", "MatchKind", "Matched", "kinds_in_question", "matched", "renumbered"]

MatchKind = Literal["exact", "misread", "pattern"]
AlertClass = Literal["alert", "confirm"]


class Matched(NamedTuple):
    """One passage, one entry."""

    passage: int
    """Index of the passage."""
    place: int
    """Of the entry's message."""
    match: MatchKind
    probability: float
    """That the vehicle carries the listed plate; of a pattern, a plate that fits it."""
    alert_class: AlertClass


class _Worth(NamedTuple):
    """A pair of which somebody is told."""

    passage: int
    place: int
    exact: bool
    probability: float
    kind: int


class _Told(NamedTuple):
    """Which pairs somebody is told of."""

    odds: Floats
    """Per kind: `odds_of_lists`."""
    least: Floats
    """Per kind: probability from which."""

    def of(self, passages: NDArray[np.int64], pairs: Pairs, picture: Floats, *, exact: bool) -> Iterator[_Worth]:
        """Those likely enough, which are few; exact: all. passages: whose each pair is."""
        probability = listed_probability(picture, self.odds[pairs.kinds])
        told = np.flatnonzero(exact | (probability >= self.least[pairs.kinds]))
        columns = (passages, pairs.places, probability, pairs.kinds)
        rows = zip(*(column[told].tolist() for column in columns), strict=True)
        return (_Worth(passage, place, exact, p, kind) for passage, place, p, kind in rows)


def matched(
    index: HotlistIndex,
    passages: Sequence[Passage],
    texts: Bytes,
    pairs: Pairs,
    patterns: Sequence[tuple[int, Pattern]],
    least: Floats | None = None,
) -> Iterator[Matched]:
    """What somebody is told of, of `pairs` and `patterns` whose `texts` are the plates of these passages, in order.

    A plate that is the entry's to the letter is never left out: at the least, a person compares the picture.
    least: probabilities from which anything else is told, per kind of list, if not those of the rules.
    """
    least = _confirm_from() if least is None else least
    right, odds = plates_right(passages), odds_of_lists(index.counts)
    exact = (texts[pairs.texts] == pairs.plates).all(axis=1)
    same = pairs.taken(exact)
    most = most_in_picture(right, usualness(texts))[pairs.texts]
    near = pairs.taken(~exact & (listed_probability(most, odds[pairs.kinds]) >= least[pairs.kinds]))
    told = _Told(odds, least)
    found = (
        told.of(same.texts, same, right[same.texts], exact=True),
        _misread(passages, texts, right, near, told),
        _of_rivals(index, passages, right, told),
    )
    yield from map(_matched, _best(found))
    for passage, pattern in patterns:
        yield from _of_pattern(passage, pattern, passages[passage].plate, float(right[passage]))


def kinds_in_question(index: HotlistIndex, texts: Bytes, right: Floats, untold: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(texts, kinds) False: nobody would be told that a plate of a list of this kind was misread as this text.

    Of most passages and of long lists it is. right: probability that each text is right, `evidence.right_of`.
    untold: the reader tells nothing of single characters, and of no other text.
    """
    part = np.where(untold, most_of_untold(texts), MOST_OF_TOLD)
    most = most_in_picture(right, usualness(texts), part)
    probability = listed_probability(most[:, None], odds_of_lists(index.counts))
    found: NDArray[np.bool_] = (probability >= _confirm_from()) & (index.counts > 0)
    return found


def _misread(passages: Sequence[Passage], texts: Bytes, right: Floats, near: Pairs, told: _Told) -> Iterator[_Worth]:
    """What the reader told of single characters is looked at for these passages only."""
    looked_at = np.unique(near.texts)
    if not len(looked_at):
        return iter(())
    evidence = evidence_of([passages[n] for n in looked_at.tolist()], right[looked_at])
    picture = picture_probability(texts[near.texts], near.plates, evidence, np.searchsorted(looked_at, near.texts))
    return told.of(near.texts, near, picture, exact=False)


def _of_rivals(index: HotlistIndex, passages: Sequence[Passage], right: Floats, told: _Told) -> Iterator[_Worth]:
    """Entries whose plate is, to the letter, another text that the passage may be."""
    rivals = rivals_of(passages)
    texts = rows_of(rivals.texts)
    pairs = index.find(texts, near=False)
    pairs = pairs.taken((texts[pairs.texts] == pairs.plates).all(axis=1))
    owners = np.array(rivals.passages, dtype=np.int64)[pairs.texts]
    share = np.array(rivals.shares, dtype=np.float64)[pairs.texts]
    return told.of(owners, pairs, np.minimum(share, 1 - right[owners]), exact=False)


@functools.cache
def _confirm_from() -> Floats:
    return np.array([rule.confirm_from for rule in list_rules()])


def _best(found: Iterable[Iterable[_Worth]]) -> Iterable[_Worth]:
    """Of a passage and an entry that were found in two ways the likelier one; in the order of passages."""
    best: dict[tuple[int, int], _Worth] = {}
    for one in itertools.chain.from_iterable(found):
        other = best.setdefault((one.passage, one.place), one)
        if one.probability > other.probability:
            best[one.passage, one.place] = one
    return sorted(best.values())


def _matched(one: _Worth) -> Matched:
    match: MatchKind = "exact" if one.exact else "misread"
    return Matched(one.passage, one.place, match, one.probability, _class_of(one.probability, one.kind))


def _class_of(probability: float, kind: int) -> AlertClass:
    return "alert" if probability >= list_rules()[kind].alert_from else "confirm"


def _of_pattern(number: int, pattern: Pattern, plate: str, right: float) -> Iterator[Matched]:
    """Who lists a pattern wants every plate that fits: here the list does not make one less likely."""
    probability = right if pattern.fits_to_the_letter(plate) else min(MISREAD_SHARE, 1 - right)
    if probability >= list_rules()[pattern.kind].confirm_from:
        yield Matched(number, pattern.place, "pattern", probability, _class_of(probability, pattern.kind))


def renumbered(pairs: Pairs, rows: NDArray[np.int64], count: int) -> Pairs:
    """Pairs of the texts with these rows, of `count`, which are numbered anew in their order."""
    numbers = np.full(count, -1)
    numbers[rows] = np.arange(len(rows))
    at = numbers[pairs.texts]
    return pairs._replace(texts=at).taken(at >= 0)
