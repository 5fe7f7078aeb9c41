"""A verdict taken again, from what it tells itself: by the law and the rights as they are known at another moment.

The vehicle stays the one that was judged: what the register said of it is in the verdict, and no later change of the
register is looked at. The record of before is never touched; what comes out is another one of the same verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from pipeline.lez.age import hangs_on_age
from pipeline.lez.book import LawBook
from pipeline.lez.days import LocalDays
from pipeline.lez.enforcement import enforce
from pipeline.lez.facts import Facts
from pipeline.lez.judge import judge
from pipeline.lez.judgement import BARRED, NO_HISTORY, Enforcement, Judgement
from pipeline.lez.rights import NO_RIGHTS, Rights
from pipeline.lez.standards import standard_of
from pipeline.lez.verdict_parts import fields_of_law
from schemas.codec import changed
from schemas.lez import LezVerdict, Standard
from schemas.lez_file import HeldVerdict

__all__ = ["Rejudge", "Retaken", "confirmed", "facts_in", "is_offence", "retaken"]

SAID = ("verdict", "action", "rule", "fine_eur", "fine_gbp", "if_sure")
"""What two records of a verdict are compared by."""
MOST_READY = 20_000
"""Answers that are remembered: those of a day or two."""


@dataclass(frozen=True, slots=True)
class Retaken:
    """What the law says of a verdict's passage at a moment of knowing."""

    found: Judgement
    due: Enforcement
    fields: dict[str, Any]
    """All fields of a verdict that are the law's."""

    def is_said_by(self, verdict: LezVerdict) -> bool:
        """Whether the verdict says the same; another wording or another moment of knowing is nothing else."""
        return all(getattr(verdict, name) == self.fields[name] for name in SAID)


def facts_in(verdict: LezVerdict | HeldVerdict) -> Facts | None:
    """The vehicle that was judged; None: the register had none, or one of each of two countries."""
    if verdict.category is None or verdict.fuel is None or verdict.country is None:
        return None
    return Facts(
        country=verdict.country,
        category=verdict.category,
        fuel=verdict.fuel,
        n1_class=verdict.n1_class,
        body_code=verdict.body_code,
        standard=_of_certificate(verdict),
        first_registered=verdict.first_registered,
        exemptions=verdict.exemptions,
        euro=verdict.euro,
    )


def _of_certificate(verdict: LezVerdict | HeldVerdict) -> Standard | None:
    """What was derived from the first registration is derived anew. Verdicts that no standard decided may tell none."""
    if verdict.standard_derived:
        return None
    if verdict.standard is not None or verdict.euro is None:
        return verdict.standard
    return standard_of(verdict.euro, "")


def retaken(
    law: LawBook, verdict: LezVerdict, rights: Rights, known_at: datetime, *, sure: bool | None = None
) -> Retaken:
    """By the law known at `known_at`. sure: whether the plate is certain; None: as it was told."""
    certain = not verdict.doubtful if sure is None else sure
    facts = facts_in(verdict)
    found = judge(
        law,
        facts,
        country=verdict.country,
        rights=rights,
        at=verdict.captured_at,
        known_at=known_at,
        sure=certain,
        ambiguous=verdict.rule.endswith(":two_countries"),
    )
    due = enforce(law, found, NO_HISTORY, verdict.captured_at, known_at)
    return Retaken(found, due, fields_of_law(found, due, facts, country=verdict.country, sure=certain))


def confirmed(law: LawBook, verdict: LezVerdict, rights: Rights, known_at: datetime, officer: str) -> LezVerdict:
    """The verdict on a doubtful read, once `officer` has found that the picture shows this plate."""
    fields = retaken(law, verdict, rights, known_at, sure=True).fields
    return changed(verdict, **fields, known_at=known_at, cause="confirmation", confirmed_by=officer)


def is_offence(verdict: LezVerdict) -> bool:
    """Whether a notice may rest on it: surely barred, and something follows from that."""
    return verdict.verdict in BARRED and verdict.sure and verdict.action != "none" and verdict.country is not None


# ---- millions ------------------------------------------------------------------------------------------------------


class _Kind(NamedTuple):
    """Vehicles that the law does not tell apart, age aside."""

    country: str | None
    category: str | None
    fuel: str | None
    euro: int | None
    n1_class: str | None
    body_code: str
    standard: str | None
    derived: bool
    exemptions: tuple[str, ...]


class _Question(NamedTuple):
    """All that an answer hangs on, rights aside."""

    kind: _Kind
    first_registered: date | None
    """None: the law does not ask for it."""
    day: date
    doubtful: bool
    two_countries: bool


class Rejudge:
    """Takes many verdicts of one zone again, all as known at one moment; like vehicles of a day are judged once."""

    def __init__(self, law: LawBook, known_at: datetime) -> None:
        self._law, self._known_at = law, known_at
        self._days = LocalDays(law)
        self._ready: dict[_Question, Retaken] = {}
        self._aged: dict[_Kind, bool] = {}
        """Whether the law may ask how old such a vehicle is."""

    def __call__(self, verdict: LezVerdict, rights: Callable[[], Rights] = lambda: NO_RIGHTS) -> LezVerdict:
        """The verdict as it is by what is known then, of the same revision of its passage.

        rights: asked only where the vehicle is barred without them. A doubtful read stays doubtful.
        """
        return self._said(verdict, self._answer(verdict, rights))

    def change(self, verdict: LezVerdict, rights: Callable[[], Rights] = lambda: NO_RIGHTS) -> LezVerdict | None:
        """The same; None where it says nothing else of the passage."""
        answer = self._answer(verdict, rights)
        return None if answer.is_said_by(verdict) else self._said(verdict, answer)

    def _said(self, verdict: LezVerdict, answer: Retaken) -> LezVerdict:
        fields = answer.fields | {"first_registered": verdict.first_registered}  # one answer is many vehicles'
        return changed(verdict, **fields, known_at=self._known_at, cause="rejudgement")

    def _answer(self, verdict: LezVerdict, rights: Callable[[], Rights]) -> Retaken:
        answer = self._without_rights(verdict)
        if BARRED.isdisjoint({answer.found.verdict, answer.found.if_sure}):
            return answer
        held = rights()
        return retaken(self._law, verdict, held, self._known_at) if held.passes or held.permits else answer

    def _without_rights(self, verdict: LezVerdict) -> Retaken:
        question = self._question(verdict)
        answer = self._ready.get(question)
        if answer is None:
            if len(self._ready) >= MOST_READY:
                self._ready.clear()
            answer = self._ready[question] = retaken(self._law, verdict, NO_RIGHTS, self._known_at)
        return answer

    def _question(self, verdict: LezVerdict) -> _Question:
        kind = _Kind(
            verdict.country,
            verdict.category,
            verdict.fuel,
            verdict.euro,
            verdict.n1_class,
            verdict.body_code,
            verdict.standard,
            verdict.standard_derived,
            verdict.exemptions,
        )
        aged = self._aged.get(kind)
        if aged is None:
            facts = facts_in(verdict)
            aged = self._aged[kind] = facts is not None and hangs_on_age(self._law, facts)
        return _Question(
            kind,
            verdict.first_registered if aged else None,
            self._days.of(verdict.captured_at),
            verdict.doubtful,
            verdict.rule.endswith(":two_countries"),
        )
