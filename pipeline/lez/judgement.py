"""What the law says of a passage, and what it attaches to that for a vehicle with a past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipeline.lez.sentences import Language, Reason
from schemas.lez import Action, Standard, VerdictKind

__all__ = ["BARRED", "NO_HISTORY", "Enforcement", "History", "Judgement"]

BARRED: frozenset[VerdictKind] = frozenset({"non_compliant", "unregistered"})
"""Verdicts from which something may follow, and which a right may lift."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, the rule that decided, and why. Says nothing of what the vehicle has had before."""

    verdict: VerdictKind
    rule: str
    """Identifier in the law file: `brussels:light-diesel:euro5:2026-01-01`."""
    why: Reason
    standard: Standard | None = None
    """Euro standard that was judged by."""
    derived: bool = False
    """True: from the date of first registration."""
    unverified: bool = False
    """True: the law book marks the rule as one whose official text nobody has read."""
    source: str = ""
    """Where the rule stands, for people."""
    if_sure: VerdictKind | None = None
    """Of a doubtful read: the verdict once a person has confirmed the plate."""

    def reason(self, language: Language = "en") -> str:
        """One sentence."""
        return self.why.in_(language)


@dataclass(frozen=True, slots=True)
class History:
    """What one vehicle has had from one zone: local days, in any order."""

    warned_on: tuple[date, ...] = ()
    fined_on: tuple[date, ...] = ()


NO_HISTORY = History()
"""Of a first offence."""


@dataclass(frozen=True, slots=True)
class Enforcement:
    """What the law of the day attaches to a verdict: a proposal, decided by a person."""

    action: Action = "none"
    fine_eur: int | None = None
    fine_gbp: int | None = None
    warned_on: date | None = None
    """Of a fine after a warning: day of the warning that it rests on."""
    unverified: bool = False
    """True: the amount or the term is marked as one that nobody has read in an official text."""
    note: Reason | None = None
    """Why nothing is attached, or only a warning, where that needs a word."""
