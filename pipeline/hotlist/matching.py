"""Passages against the list: which entries each may be, how likely, and whether somebody is told."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.calibration import Floats
from pipeline.hotlist.evidence import Evidence, evidence_of
from pipeline.hotlist.index import HotlistIndex, Pairs
from pipeline.hotlist.judgement import listed_probability, picture_probability
from pipeline.hotlist.patterns import Pattern
from pipeline.hotlist.rules import list_rules, odds_of_lists
from pipeline.hotlist.spelling import Bytes, rows_of
from pipeline.plates.confusions import MISREAD_SHARE
from schemas.passage import Passage

__all__ = ["AlertClass", "MatchKind", "Matched", "matched", "near_pairs"]

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


def matched(
    index: HotlistIndex, passages: Sequence[Passage], pairs: Pairs, patterns: Sequence[tuple[int, Pattern]]
) -> Iterator[Matched]:
    """What somebody is told of, of `pairs` and `patterns` whose texts are the plates of these passages, in order.

    A plate that is the entry's to the letter is never left out: at the least, a person compares the picture.
    """
    texts = rows_of([passage.plate.encode() for passage in passages])
    evidence = evidence_of(passages)
    odds = odds_of_lists(index.counts)
    found = (_of_plates(texts, pairs, evidence, odds), _of_rivals(index, evidence, odds))
    yield from map(_matched, _best(found))
    for passage, pattern in patterns:
        yield from _of_pattern(passage, pattern, passages[passage].plate, evidence)


def _of_plates(texts: Bytes, pairs: Pairs, evidence: Evidence, odds: Floats) -> Iterator[_Worth]:
    read = texts[pairs.texts]
    picture = picture_probability(read, pairs.plates, evidence, pairs.texts)
    exact = (read == pairs.plates).all(axis=1)
    return _worth(pairs.texts, pairs, exact, picture, odds)


def _of_rivals(index: HotlistIndex, evidence: Evidence, odds: Floats) -> Iterator[_Worth]:
    """Entries whose plate is, to the letter, another text that the passage may be."""
    rivals = evidence.rivals
    texts = rows_of(rivals.texts)
    pairs = index.find(texts, near=False)
    pairs = pairs.taken((texts[pairs.texts] == pairs.plates).all(axis=1))
    owners = np.array(rivals.passages, dtype=np.int64)[pairs.texts]
    share = np.array(rivals.shares, dtype=np.float64)[pairs.texts]
    picture = np.minimum(share, 1 - evidence.right[owners])
    return _worth(owners, pairs, np.zeros(len(owners), dtype=np.bool_), picture, odds)


def _worth(
    passages: NDArray[np.int64], pairs: Pairs, exact: NDArray[np.bool_], picture: Floats, odds: Floats
) -> Iterator[_Worth]:
    """Pairs likely enough to tell somebody, which are few."""
    probability = listed_probability(picture, odds[pairs.kinds])
    told = np.flatnonzero(exact | (probability >= _confirm_from()[pairs.kinds]))
    columns = (passages, pairs.places, exact, probability, pairs.kinds)
    return (_Worth(*row) for row in zip(*(column[told].tolist() for column in columns), strict=True))


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
    alert: AlertClass = "alert" if one.probability >= list_rules()[one.kind].alert_from else "confirm"
    return Matched(one.passage, one.place, "exact" if one.exact else "misread", one.probability, alert)


def _of_pattern(number: int, pattern: Pattern, plate: str, evidence: Evidence) -> Iterator[Matched]:
    """Who lists a pattern wants every plate that fits: here the list does not make one less likely."""
    rule = list_rules()[pattern.kind]
    right = float(evidence.right[number])
    probability = right if pattern.fits_to_the_letter(plate) else min(MISREAD_SHARE, 1 - right)
    if probability >= rule.confirm_from:
        alert: AlertClass = "alert" if probability >= rule.alert_from else "confirm"
        yield Matched(number, pattern.place, "pattern", probability, alert)


def near_pairs(pairs: Pairs, wanted: NDArray[np.int64]) -> Pairs:
    """Pairs of the texts with these rows, sorted, which are numbered anew in their order."""
    at = np.minimum(np.searchsorted(wanted, pairs.texts), len(wanted) - 1)
    kept = wanted[at] == pairs.texts
    return pairs._replace(texts=at).taken(kept)
