"""What passages tell of their characters, as arrays: how sure the reader was, and of what else it thought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.calibration import Floats, curves_of
from pipeline.hotlist.spelling import CODE
from pipeline.plates.confusions import MISREAD_SHARE
from pipeline.plates.text import MAX_LENGTH
from schemas.passage import Passage
from schemas.read import Candidate

__all__ = ["Evidence", "Rivals", "evidence_of"]

CODES = 37
UNTOLD = MISREAD_SHARE
"""How much a reader doubts a character of which it tells nothing."""
LEAST_DOUBT = 0.001
"""Of a character of which it has none: its confidence is no guard."""


class Rivals(NamedTuple):
    """Other texts that passages may be, told as a whole: what syntax allows, or what some of their reads said."""

    passages: list[int]
    """Whose it is, by index."""
    texts: list[bytes]
    shares: list[float]
    """As told, 0-1."""


class Evidence(NamedTuple):
    """Of several passages; by their index."""

    right: Floats
    """Probability that the plate is right, from the confidence and what such confidences were worth."""
    doubt: Floats
    """(passages, 12) share that the reader did not give the character at each place; 0 behind the end."""
    all_doubt: Floats
    """Sum over the places."""
    told: NDArray[np.float32]
    """(passages, 12, 37) of it, the part that went to another character, by its `spelling.CODE`."""
    named: Floats
    """(passages, 12) sum of these."""
    rivals: Rivals


def evidence_of(passages: Sequence[Passage]) -> Evidence:
    """What they tell. Candidates of their own plate tell of its characters; the others are rivals."""
    curves = curves_of("")
    claimed = np.array([one.confidence for one in passages], dtype=np.float64)
    several = np.array([one.read_count > 1 for one in passages], dtype=bool)
    right = np.where(several, curves.several(claimed), curves.one(claimed))
    rivals = Rivals([], [], [])
    own: list[tuple[int, Candidate]] = []
    for number, passage in enumerate(passages):
        for candidate in passage.candidates:
            if candidate.text == passage.plate:
                own.append((number, candidate))
            else:
                rivals.passages.append(number)
                rivals.texts.append(candidate.text.encode())
                rivals.shares.append(candidate.confidence)
    doubt = _doubt([len(one.plate) for one in passages], own)
    told = _told(len(passages), own)
    return Evidence(right, doubt, doubt.sum(axis=1), told, told.sum(axis=2, dtype=np.float64), rivals)


def _doubt(lengths: Sequence[int], own: Sequence[tuple[int, Candidate]]) -> Floats:
    doubt = np.where(np.arange(MAX_LENGTH) < np.array(lengths, dtype=np.int64)[:, None], UNTOLD, 0.0)
    told = [(number, one.char_confidences) for number, one in own if len(one.char_confidences) == len(one.text)]
    rows = np.repeat([number for number, _ in told], [len(shares) for _, shares in told]).astype(np.int64)
    places = [place for _, shares in told for place in range(len(shares))]
    doubt[rows, places] = np.maximum(1 - np.array([share for _, shares in told for share in shares]), LEAST_DOUBT)
    return doubt


def _told(count: int, own: Sequence[tuple[int, Candidate]]) -> NDArray[np.float32]:
    told = np.zeros((count, MAX_LENGTH, CODES), dtype=np.float32)
    others = [(number, one) for number, candidate in own for one in candidate.alternatives]
    if others:
        codes = CODE[[ord(one.char) & 0xFF for _, one in others]]
        rows, places = [number for number, _ in others], [one.place for _, one in others]
        told[rows, places, codes] = [one.confidence for _, one in others]
    return told
