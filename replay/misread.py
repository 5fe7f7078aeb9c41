"""What a plate reader makes of a plate: mostly the truth, sometimes a near miss, with its doubts shown."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

from replay.seeds import Weighted
from schemas.read import Alternative, Candidate

__all__ = ["CONFUSIONS", "Transcription", "garble", "transcribe"]

CONFUSIONS = {
    "0O": 1.0, "1I": 1.0, "8B": 0.8, "5S": 0.8, "2Z": 0.8, "6G": 0.7, "0D": 0.7, "0Q": 0.7, "OD": 0.7,
    "OQ": 0.7, "CG": 0.3, "VY": 0.3, "VU": 0.3, "VW": 0.2, "EF": 0.3, "PR": 0.3, "PB": 0.2, "KX": 0.2,
    "XY": 0.2, "A4": 0.2, "38": 0.3, "68": 0.3, "58": 0.2, "08": 0.3, "39": 0.2, "49": 0.2, "35": 0.2,
    "Z7": 0.2, "17": 0.2, "T7": 0.1, "1L": 0.2, "1T": 0.1, "J1": 0.1, "HN": 0.2, "MN": 0.2, "HM": 0.1,
    "UO": 0.1, "C0": 0.1,
}  # fmt: skip
"""Pair of characters → weight of their confusion, both ways (domain reference, section 4)."""

SECOND_ERROR_RATE = 0.1
EDGE_ERROR_RATE = 0.1
SURE_MISREAD_RATE = 0.1
"""Share of misreads that the reader is sure of: its confidence is no guard."""


def _others() -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for pair, weight in CONFUSIONS.items():
        a, b = pair[0], pair[1]
        found[a].append((b, weight))
        found[b].append((a, weight))
    return dict(found)


OTHERS = _others()
DRAWS = {char: Weighted(table) for char, table in OTHERS.items()}


@dataclass(frozen=True, slots=True)
class Transcription:
    """One reading of one plate."""

    text: str
    confidence: float
    candidates: tuple[Candidate, ...]


def transcribe(plate: str, misread_rate: float, rng: random.Random) -> Transcription:
    """Read the compact plate; with chance `misread_rate` the text differs from it."""
    text = garble(plate, rng) if rng.random() < misread_rate else plate
    sure = text == plate or rng.random() < SURE_MISREAD_RATE
    best = _candidate(text, plate, rng, sure=sure)
    return Transcription(text, best.confidence, (best, *_second(best)))


def garble(plate: str, rng: random.Random) -> str:
    """A text that differs from the plate: one or two confused characters, or a lost or doubled edge."""
    if rng.random() < EDGE_ERROR_RATE:
        return rng.choice((plate[1:], plate[:-1], plate[0] + plate, plate + plate[-1]))
    text = _confuse(plate, rng)
    if rng.random() < SECOND_ERROR_RATE:
        again = _confuse(text, rng)
        text = again if sum(a != b for a, b in zip(again, plate, strict=True)) == 2 else text
    return text


def _confuse(text: str, rng: random.Random) -> str:
    """Swap one character for one that looks like it; places with strong doubles are likelier."""
    weights = [(place, sum(w for _, w in OTHERS[c])) for place, c in enumerate(text) if c in OTHERS]
    if not weights:
        return text[:-1] if len(text) > 1 else text + text
    place = Weighted(weights).draw(rng)
    return text[:place] + DRAWS[text[place]].draw(rng) + text[place + 1 :]


def _candidate(text: str, plate: str, rng: random.Random, *, sure: bool) -> Candidate:
    """The text with its doubts: a wrong character names the right one and is unsure, unless `sure`."""
    confidences = [round(1 - rng.random() ** 2 * 0.08, 3) for _ in text]
    wrong = _wrong_places(text, plate, rng)
    for place in wrong:
        confidences[place] = round(rng.uniform(0.9, 0.97) if sure else rng.uniform(0.5, 0.75), 3)
    others = {n: OTHERS[c][0][0] for n, c in enumerate(text) if confidences[n] < 0.97 and c in OTHERS}
    if len(text) == len(plate):
        others |= {n: plate[n] for n in wrong}
    return Candidate(
        text=text,
        confidence=min(confidences),
        char_confidences=tuple(confidences),
        alternatives=tuple(_alternative(n, char, confidences[n]) for n, char in sorted(others.items())),
    )


def _wrong_places(text: str, plate: str, rng: random.Random) -> list[int]:
    """Where the text differs; of a text of other length, the edge that the reader doubts."""
    if len(text) != len(plate):
        return [rng.choice((0, len(text) - 1))]
    return [n for n, (a, b) in enumerate(zip(text, plate, strict=True)) if a != b]


def _alternative(place: int, char: str, confidence: float) -> Alternative:
    """The other character gets most of what the first one leaves."""
    return Alternative(place=place, char=char, confidence=round((1 - confidence) * 0.8, 3))


def _second(best: Candidate) -> tuple[Candidate, ...]:
    """The text with the most doubtful character replaced, if the reader doubts any."""
    if not best.alternatives:
        return ()
    doubt = max(best.alternatives, key=lambda a: a.confidence)
    text = best.text[: doubt.place] + doubt.char + best.text[doubt.place + 1 :]
    return (Candidate(text=text, confidence=doubt.confidence),)
