"""Consensus: what the reads of one vehicle say together, character by character.

Reads are tallied, not kept: votes grow with the alphabet, not with the reads. Only of the best supported texts one
read each stays, so that the picture shown is always of a read that says what is shown, or comes nearest to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import ne
from typing import NamedTuple

from msgspec import Struct

from pipeline.plates.text import within_one_edit
from schemas.read import Candidate, Read

__all__ = ["Consensus", "Look", "Verdict", "edits_apart"]

LOOKS_KEPT = 6
"""Different texts of which a read is kept; a vehicle read a hundred times has three or four."""
RIVAL_FROM = 0.2
"""Share of votes from which another character makes another candidate."""
MOST_RIVALS = 4
CUT_OFF_FROM = 0.5
"""Weight of whole reads, against that of reads that lack two or more characters, from which the whole ones hold."""
CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
"""An alternative may hold any character; a plate may not."""


class Look(Struct, gc=False):
    """The most confident read of one text."""

    value: bytes
    """Its message, to decode when it is shown."""
    text: str
    country: str | None
    """As the reader told it."""
    confidence: float
    weight: float
    """Confidence of all reads of this text together."""


class Verdict(NamedTuple):
    """What the votes say."""

    text: str
    """Before syntax."""
    agreement: float
    """Weight of the votes for its most contested character, times that for its length, 0 to 1. Votes count squared:
    of nine reads one may differ, of two none."""
    rivals: tuple[tuple[str, float], ...] = ()
    """Other texts with their share, best first."""


class Ballot:
    """Votes for the characters of all texts of one length."""

    __slots__ = ("firm", "soft", "weight")

    def __init__(self, length: int) -> None:
        self.weight = 0.0
        self.firm: list[dict[str, float]] = [{} for _ in range(length)]
        """Per place: character → confidence of the reads that say it."""
        self.soft: list[dict[str, float]] = [{} for _ in range(length)]
        """… → shares of the reads that say another one, but thought of it."""

    def add(self, text: str, confidence: float, candidate: Candidate | None) -> None:
        """Count one read. Character confidences that do not fit the text are left out."""
        self.weight += confidence
        told = candidate.char_confidences if candidate is not None else ()
        weights = told if len(told) == len(text) else (confidence,) * len(text)
        for votes, char, weight in zip(self.firm, text, weights, strict=True):
            votes[char] = votes.get(char, 0.0) + weight
        for other in candidate.alternatives if candidate is not None else ():
            if other.place < len(text) and other.char in CHARACTERS:
                votes = self.soft[other.place]
                votes[other.char] = votes.get(other.char, 0.0) + other.confidence

    def totals(self) -> tuple[dict[str, float], ...]:
        """Per place: character → all its votes, in the order in which they were first cast."""
        return tuple(_sum(firm, soft) for firm, soft in zip(self.firm, self.soft, strict=True))

    def text(self) -> str:
        """At each place the character that most say; of equals, the first."""
        return "".join(max(votes, key=votes.__getitem__) for votes in self.totals())


def _is_cut_off(short: Ballot, long: Ballot) -> bool:
    """A single character too few or too many may be either way; several are missing where the text goes on."""
    if len(long.firm) - len(short.firm) < 2 or long.weight < CUT_OFF_FROM * short.weight:
        return False
    text, whole = short.text(), long.text()
    return whole.startswith(text) or whole.endswith(text)


def _sum(firm: Mapping[str, float], soft: Mapping[str, float]) -> dict[str, float]:
    total = dict(firm)
    for char, weight in soft.items():
        total[char] = total.get(char, 0.0) + weight
    return total


class Consensus:
    """The votes of one vehicle. What it says after n reads follows from those n reads in their order."""

    __slots__ = ("_ballots", "_looks", "_only")

    def __init__(self) -> None:
        self._ballots: dict[int, Ballot] = {}
        self._looks: dict[str, Look] = {}
        self._only: str | None = ""
        """The one text of all reads; empty: no read yet; None: they differ."""

    def add(self, text: str, value: bytes, read: Read) -> None:
        """Count one read that says `text`. `value`: its message."""
        ballot = self._ballots.get(len(text))
        if ballot is None:
            ballot = self._ballots[len(text)] = Ballot(len(text))
        ballot.add(text, read.confidence, read.candidates[0] if read.candidates else None)
        self._keep(text, value, read)
        if text != self._only:
            self._only = text if self._only == "" else None

    def _keep(self, text: str, value: bytes, read: Read) -> None:
        look = self._looks.get(text)
        if look is None:
            self._looks[text] = Look(value, text, read.country, read.confidence, read.confidence)
            if len(self._looks) > LOOKS_KEPT:
                del self._looks[min(self._looks, key=lambda one: self._looks[one].weight)]
            return
        look.weight += read.confidence
        if read.confidence > look.confidence:
            look.value, look.country, look.confidence = value, read.country, read.confidence

    def verdict(self) -> Verdict:
        """The length that most say, and at each place the character that most say; of equals, the first."""
        if self._only:
            return Verdict(self._only, 1.0)
        ballot = self._chosen()
        totals = ballot.totals()
        text = "".join(max(votes, key=votes.__getitem__) for votes in totals)
        shares = [_share(votes, firm, char) for votes, firm, char in zip(totals, ballot.firm, text, strict=True)]
        rivals = _rivals(text, shares, ballot) + self._other_lengths(ballot)
        best = tuple(sorted(rivals, key=lambda rival: -rival[1])[:MOST_RIVALS])
        return Verdict(text, _agreement(min(shares)) * _agreement(self._length_share(ballot)), best)

    def votes(self) -> tuple[Mapping[str, float], ...]:
        """Per character of the verdict's text: character → votes."""
        return self._chosen().totals()

    def _chosen(self) -> Ballot:
        """The length that most say; but a plate that was cut off by the picture's edge in as many reads is whole."""
        best = max(self._ballots.values(), key=lambda one: one.weight)
        if len(self._ballots) > 1:
            longer = [one for one in self._ballots.values() if _is_cut_off(best, one)]
            best = max(longer, key=lambda one: one.weight, default=best)
        return best

    def hint(self) -> str | None:
        """The country that the best supported reads tell."""
        told = [look for look in self._looks.values() if look.country is not None]
        return max(told, key=lambda one: one.weight).country if told else None

    def _length_share(self, ballot: Ballot) -> float:
        everything = sum(one.weight for one in self._ballots.values())
        return ballot.weight / everything if everything else 1.0

    def _other_lengths(self, chosen: Ballot) -> list[tuple[str, float]]:
        others = [one for one in self._ballots.values() if one is not chosen]
        shares = [(one, self._length_share(one)) for one in others]
        return [(one.text(), share) for one, share in shares if share >= RIVAL_FROM]

    def look(self, plate: str, text: str) -> Look:
        """The read to show for a plate that follows from `text`: one that says it, or is nearest to it."""
        exact = self._looks.get(plate) or self._looks.get(text)
        if exact is not None:
            return exact
        return min(self._looks.values(), key=lambda one: (edits_apart(one.text, plate), -one.confidence))


def _share(votes: Mapping[str, float], firm: Mapping[str, float], char: str) -> float:
    """Votes for `char` against reads that say another: what its own readers also thought of is no dissent."""
    against = sum(weight for other, weight in firm.items() if other != char)
    return votes[char] / (votes[char] + against) if against else 1.0


def _agreement(share: float) -> float:
    """How far a majority is to be believed."""
    return share**2 / (share**2 + (1 - share) ** 2)


def _rivals(text: str, shares: list[float], ballot: Ballot) -> list[tuple[str, float]]:
    """The text with one contested character replaced by its strongest rival."""
    found = []
    for place, share in enumerate(shares):
        if 1 - share >= RIVAL_FROM:
            others = {char: weight for char, weight in ballot.firm[place].items() if char != text[place]}
            char = max(others, key=others.__getitem__)
            found.append((text[:place] + char + text[place + 1 :], 1 - share))
    return found


def edits_apart(a: str, b: str) -> int:
    """Characters between two texts: wrong ones and, at the ends, missing ones; exact up to one edit.

    Not Levenshtein, which costs fifty times as much: beyond one edit, a plate that is read badly has wrong characters,
    is cut off, or has one too many before or behind.
    """
    if len(a) == len(b):
        shifted = min(_unequal(a[1:], b), _unequal(a, b[1:]))
        return min(_unequal(a, b), 2 + shifted)
    if within_one_edit(a, b):
        return 1
    short, long = (a, b) if len(a) < len(b) else (b, a)
    missing = len(long) - len(short)
    return missing + min(_unequal(short, long[start:]) for start in range(missing + 1))


def _unequal(a: str, b: str) -> int:
    """Places that differ, as far as the shorter one goes."""
    wrong: int = sum(map(ne, a, b))
    return wrong
