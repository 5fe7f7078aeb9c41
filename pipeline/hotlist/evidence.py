"""What passages tell of their characters, as arrays: how sure the reader was, and of what else it thought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.calibration import Floats, curves_of
from pipeline.hotlist.spelling import CODE, Bytes, rows_of
from pipeline.plates.confusions import MISREAD_SHARE
from pipeline.plates.text import MAX_LENGTH
from schemas.passage import Passage
from schemas.read import Candidate

__all__ = ["Evidence", "Rivals", "evidence_of", "plates_right", "right_of", "rivals_of"]

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

    plates: Bytes
    """(passages, 12) as read."""
    right: Floats
    """Probability that the plate is right: `plates_right`."""
    doubt: Floats
    """(passages, 12) share that the reader did not give the character at each place; 0 behind the end."""
    all_doubt: Floats
    """Sum over the places, and what it gave to texts of another length."""
    told: NDArray[np.float32]
    """(passages, 12, 37) of it, the part that went to another character, by its `spelling.CODE`."""
    named: Floats
    """(passages, 12) sum of these."""


def right_of(claimed: Sequence[float], several: Sequence[bool]) -> Floats:
    """Probability that each plate is right, from the confidence and what such confidences were worth.

    claimed: confidence of each passage. several: it is of more than one read.
    """
    curves, claims = curves_of(""), np.array(claimed, dtype=np.float64)
    found: Floats = np.where(np.array(several, dtype=np.bool_), curves.several(claims), curves.one(claims))
    return found


def plates_right(passages: Sequence[Passage]) -> Floats:
    """`right_of` these passages."""
    return right_of([one.confidence for one in passages], [one.read_count > 1 for one in passages])


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
    """What candidates tell of the characters of the plates. right: `plates_right` of these passages."""
    plates = rows_of([passage.plate.encode() for passage in passages])
    doubt, told = np.where(plates != 0, UNTOLD, 0.0), np.zeros((len(passages), MAX_LENGTH, CODES), dtype=np.float32)
    elsewhere = np.zeros(len(passages))
    for number, passage in enumerate(passages):
        detailed = _detailed(passage)
        if detailed is not None:
            _take_characters(passage.plate, detailed, doubt[number], told[number])
        else:
            elsewhere[number] = _take_texts(passage, doubt[number], told[number])
    return Evidence(plates, right, doubt, doubt.sum(axis=1) + elsewhere, told, told.sum(axis=2, dtype=np.float64))


def _detailed(passage: Passage) -> Candidate | None:
    """The candidate that tells of each character of the plate: that of the plate, or what syntax made the plate of."""
    fitting = [one for one in passage.candidates if len(one.char_confidences) == len(one.text) == len(passage.plate)]
    return next((one for one in fitting if one.text == passage.plate), fitting[0] if fitting else None)


def _take_characters(plate: str, seen: Candidate, doubt: Floats, told: NDArray[np.float32]) -> None:
    """Where syntax put another character than was read, the doubt is about the one that was read: it stays there."""
    doubt[: len(plate)] = np.maximum(1 - np.array(seen.char_confidences), LEAST_DOUBT)
    for other in seen.alternatives:
        if other.place < len(plate) and other.char != plate[other.place]:
            told[other.place, CODE[ord(other.char) & 0xFF]] = other.confidence


def _take_texts(passage: Passage, doubt: Floats, told: NDArray[np.float32]) -> float:
    """Where nothing is told of characters, other texts tell which of them are in doubt.

    Returns the share of texts of another length.
    """
    elsewhere = 0.0
    for other in passage.candidates:
        if len(other.text) != len(passage.plate):
            elsewhere += other.confidence
        elif len(places := [n for n, char in enumerate(other.text) if char != passage.plate[n]]) == 1:
            doubt[places[0]] += other.confidence
            told[places[0], CODE[ord(other.text[places[0]]) & 0xFF]] += other.confidence
    return elsewhere
