"""What it costs to tell more: pictures to compare, against listed plates that are found though they were misread."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np

from anpr.bench.match_quality import Bin, bins_of, error_of
from anpr.bench.match_traffic import SOUGHT, TruePassage
from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.matching import matched
from pipeline.hotlist.rules import KINDS
from pipeline.hotlist.spelling import rows_of

__all__ = ["GROUPS", "Point", "claims_of", "curve", "error_shares"]

GROUPS = ("sought", "papers")
"""Lists of those who are looked for, and of papers that are missing."""
LEAST = 1e-6
"""All that is likelier is looked at; the curve begins well above."""
EDGES = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 1.0)

Batches = Sequence[Sequence[TruePassage]]


class Point(NamedTuple):
    """If hits were told from this probability on."""

    least: float
    found: dict[str, float]
    """By group: share of the listed read with one character wrong."""
    found_of_all: float
    compared: dict[str, float]
    """By group: hits that are not to the letter, per million passages."""


class _Seen(NamedTuple):
    """What could be told of passages, by the likeliest that was ever said of passage and entry."""

    passages: int
    hits: dict[str, list[float]]
    """By group: probabilities, without those of texts that are the entry's to the letter."""
    own: dict[str, list[float]]
    """By group: of the entry of the vehicle itself, where one character was read wrong; 0: not even near."""


def curve(index: HotlistIndex, traffic: Batches, misread: Batches, points: Sequence[float]) -> list[Point]:
    """traffic: as usual, what there is to compare. misread: listed vehicles, all misread, of whom those are found."""
    usual, wrong = _seen(index, traffic), _seen(index, misread)
    everybody = [p for group in GROUPS for p in wrong.own[group]]
    return [
        Point(
            least,
            {group: _share(wrong.own[group], least) for group in GROUPS},
            _share(everybody, least),
            {group: sum(p >= least for p in usual.hits[group]) * 1e6 / usual.passages for group in GROUPS},
        )
        for least in points
    ]


def _share(probabilities: Sequence[float], least: float) -> float:
    return sum(p >= least for p in probabilities) / max(len(probabilities), 1)


def _seen(index: HotlistIndex, batches: Batches) -> _Seen:
    seen = _Seen(0, defaultdict(list), defaultdict(list))
    passages = 0
    for batch in batches:
        last = {one.passage.passage_id: one for one in batch if not one.passage.withdrawn}
        passages += len(last)
        own: defaultdict[UUID, float] = defaultdict(float)
        for passage_id, plate, kind, probability, exact in _likeliest(index, batch):
            if not exact:
                seen.hits[_group(kind)].append(probability)
            if plate == last[passage_id].plate:
                own[passage_id] = max(own[passage_id], probability)
        for passage_id, one in last.items():
            if one.kind and error_of(one.plate, one.passage.plate) == "one":
                seen.own[_group(one.kind)].append(own[passage_id])
    return seen._replace(passages=passages)


def _likeliest(index: HotlistIndex, batch: Sequence[TruePassage]) -> Iterator[tuple[UUID, str, str, float, bool]]:
    """Passage, plate and kind of an entry, probability, whether it is to the letter; each passage and entry once."""
    passages = [one.passage for one in batch if not one.passage.withdrawn]
    texts = rows_of([passage.plate.encode() for passage in passages])
    best: dict[tuple[UUID, int], tuple[float, bool]] = {}
    for match in matched(index, passages, texts, index.find(texts), (), np.full(len(KINDS), LEAST)):
        key = passages[match.passage].passage_id, match.place
        best[key] = max(best.get(key, (0.0, False)), (match.probability, match.match == "exact"))
    for (passage_id, place), (probability, exact) in best.items():
        entry = decode_listed(index.message(place)).entry
        yield passage_id, entry.plate, entry.list_kind, probability, exact


def _group(kind: str) -> str:
    return GROUPS[kind not in SOUGHT]


def claims_of(batches: Batches, *, several: bool) -> list[Bin]:
    """Confidence of passages of one read, or of several, and the share whose plate is right: for calibration.yaml."""
    claims = (
        (one.passage.confidence, one.passage.plate == one.plate)
        for batch in batches
        for one in batch
        if not one.passage.withdrawn and (one.passage.read_count > 1) is several
    )
    return bins_of(claims, EDGES)


def error_shares(batches: Batches) -> dict[str, float]:
    """Of passages with a wrong plate: share whose plate has another length; one wrong character; more."""
    errors = Counter(
        "length" if len(one.plate) != len(one.passage.plate) else error_of(one.plate, one.passage.plate)
        for batch in batches
        for one in batch
        if not one.passage.withdrawn and one.passage.plate != one.plate
    )
    return {name: count / max(errors.total(), 1) for name, count in sorted(errors.items())}
