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

__all__ = ["Evidence", "Rivals", "evidence_of", "plates_right", "rivals_of"]

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
    """Probability that the plate is right: `plates_right`."""
    doubt: Floats
    """(passages, 12) share that the reader did not give the character at each place; 0 behind the end."""
    all_doubt: Floats
    """Sum over the places."""
    told: NDArray[np.float32]
    """(passages, 12, 37) of it, the part that went to another character, by its `spelling.CODE`."""
    named: Floats
    """(passages, 12) sum of these."""


def plates_right(passages: Sequence[Passage]) -> Floats:
    """Probability that each plate is right, from the confidence and what such confidences were worth."""
    curves = curves_of("")
    claimed = np.array([one.confidence for one in passages], dtype=np.float64)
    several = np.array([one.read_count > 1 for one in passages], dtype=bool)
    found: Floats = np.where(several, curves.several(claimed), curves.one(claimed))
    return found


def rivals_of(passages: Sequence[Passage]) -> Rivals:
    """Candidates that are of another plate than the passage's own."""
    rivals = Rivals([], [], [])
    for number, passage in enumerate(passages):
        for candidate in passage.candidates:
            if candidate.text != passage.plate:
                rivals.passages.append(number)
                rivals.texts.append(candidate.text.encode())
                rivals.shares.append(candidate.confidence)
    return rivals


def evidence_of(passages: Sequence[Passage], right: Floats) -> Evidence:
    """What candidates of their own plate tell of its characters. right: `plates_right` of these passages."""
    own = [(n, one) for n, passage in enumerate(passages) for one in passage.candidates if one.text == passage.plate]
    doubt = _doubt([len(one.plate) for one in passages], own)
    told, named = _told(len(passages), own)
    return Evidence(right, doubt, doubt.sum(axis=1), told, named)


def _doubt(lengths: Sequence[int], own: Sequence[tuple[int, Candidate]]) -> Floats:
    doubt = np.where(np.arange(MAX_LENGTH) < np.array(lengths, dtype=np.int64)[:, None], UNTOLD, 0.0)
    told = [(number, one.char_confidences) for number, one in own if len(one.char_confidences) == len(one.text)]
    rows = np.repeat([number for number, _ in told], [len(shares) for _, shares in told]).astype(np.int64)
    places = [place for _, shares in told for place in range(len(shares))]
    doubt[rows, places] = np.maximum(1 - np.array([share for _, shares in told for share in shares]), LEAST_DOUBT)
    return doubt


def _told(count: int, own: Sequence[tuple[int, Candidate]]) -> tuple[NDArray[np.float32], Floats]:
    """Shares of other characters, and their sum by place."""
    told = np.zeros((count, MAX_LENGTH, CODES), dtype=np.float32)
    named = np.zeros((count, MAX_LENGTH))
    others = [(number, one) for number, candidate in own for one in candidate.alternatives]
    if others:
        codes = CODE[[ord(one.char) & 0xFF for _, one in others]]
        rows, places = [number for number, _ in others], [one.place for _, one in others]
        shares = np.array([one.confidence for _, one in others])
        told[rows, places, codes] = shares
        np.add.at(named, (rows, places), shares)
    return told, named
