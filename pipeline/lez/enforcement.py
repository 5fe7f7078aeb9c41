"""What the law of the day attaches to a verdict, for a vehicle with or without a past: a warning, a fine, nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Protocol

from pipeline.lez.book import LawBook
from pipeline.lez.judgement import Enforcement, History
from pipeline.lez.model import Cell, FineTerms, Regime
from pipeline.lez.periods import add_months
from pipeline.lez.sentences import Reason
from schemas.lez import VerdictKind

__all__ = ["Verdict", "enforce", "final_at", "warned_already"]

POUNDS = frozenset({"GB"})


class Verdict(Protocol):
    """A judgement, or a verdict as it was told."""

    @property
    def verdict(self) -> VerdictKind:
        """What the vehicle is."""

    @property
    def rule(self) -> str:
        """Which rule decided."""


def enforce(law: LawBook, found: Verdict, history: History, at: datetime, known_at: datetime) -> Enforcement:
    """What follows from a verdict on a passage at `at`, by the law known at `known_at`.

    history: what this vehicle has had from this zone before; what is later than the passage does not count.
    """
    day, known = law.local_day(at), law.local_day(known_at)
    if found.verdict == "unregistered":
        return _of_foreigner(law, history, day, known)
    cell = law.rule(found.rule) if found.verdict == "non_compliant" else None
    terms = law.fine_terms(day, known)
    if cell is None or terms is None:
        return Enforcement()
    warned = _own_warning(law, cell, history, day, known) if cell.action == "own_warning" else None
    return _of_regime(law, cell.action, terms, history, day, warned)


def _of_foreigner(law: LawBook, history: History, day: date, known: date) -> Enforcement:
    foreign, fines = law.foreign_terms(day, known), law.fine_terms(day, known)
    if foreign is None or foreign.fine is None:
        return Enforcement()
    if fines is not None and not fines.amounts:
        return _suspended(fines)
    locked = None if fines is None else _locked(fines, history, day)
    return locked or _fine(law, foreign.fine, unverified=not foreign.verified)


def _own_warning(law: LawBook, cell: Cell, history: History, day: date, known: date) -> date | None:
    """The vehicle's first warning of those that count: of days on which the rule asks for one.

    A warning of an earlier rule, or of days when nothing was to follow, does not begin the time.
    """
    begun = (each for each in history.warned_on if law.begins <= each <= day)
    rules = ((each, law.cell(cell.subject, cell.standards[0], each, known)) for each in begun)
    return min((each for each, rule in rules if rule.action == "own_warning"), default=None)


def _of_regime(
    law: LawBook, regime: Regime, terms: FineTerms, history: History, day: date, warned: date | None
) -> Enforcement:
    if regime == "none":
        return Enforcement(note=Reason.of("tolerated"))
    if regime == "warning":
        return Enforcement("warning", note=Reason.of("warned"))
    if not terms.amounts:
        return _suspended(terms)
    if regime == "own_warning" and warned is None:
        return Enforcement("warning", note=Reason.of("first_warning", months=terms.after_warning_months))
    if warned is not None and day < add_months(warned, terms.after_warning_months):
        then = add_months(warned, terms.after_warning_months)
        return Enforcement(warned_on=warned, note=Reason.of("warned_lately", day=warned, then=then))
    fine = _fine(law, _amount(terms, history, day), unverified=not terms.verified)
    return _locked(terms, history, day) or replace(fine, warned_on=warned)


def _suspended(terms: FineTerms) -> Enforcement:
    return Enforcement("warning", unverified=not terms.verified, note=Reason.of("suspended"))


def warned_already(law: LawBook, history: History, at: datetime, known_at: datetime) -> bool:
    """Whether a warning need not be sent, since there was one so lately that not even a fine would be.

    The law warns of every passage in such months; who drives every day is not written to every day.
    """
    day = law.local_day(at)
    terms = law.fine_terms(day, law.local_day(known_at))
    last = max((warned for warned in history.warned_on if warned <= day), default=None)
    return terms is not None and last is not None and day < _free_again(last, terms)


def _free_again(last: date, terms: FineTerms) -> date:
    """First day of the next warning or fine."""
    return max(add_months(last, terms.lock_months), last + timedelta(days=1) if last < date.max else last)


def _locked(terms: FineTerms, history: History, day: date) -> Enforcement | None:
    """No fine, since there was one too lately; on the day itself neither."""
    last = max((fined for fined in history.fined_on if fined <= day), default=None)
    if last is None:
        return None
    then = _free_again(last, terms)
    if day >= then and day > last:
        return None
    return Enforcement(note=Reason.of("fined_lately", day=last, then=then))


def _amount(terms: FineTerms, history: History, day: date) -> int:
    if terms.within_months is None:
        return terms.amounts[0]
    before = [fined for fined in history.fined_on if fined < day <= add_months(fined, terms.within_months)]
    return terms.amounts[min(len(before), len(terms.amounts) - 1)]


def _fine(law: LawBook, amount: int, *, unverified: bool) -> Enforcement:
    if law.home in POUNDS:
        return Enforcement("fine", fine_gbp=amount, unverified=unverified)
    return Enforcement("fine", fine_eur=amount, unverified=unverified)


def final_at(law: LawBook, day: date, known_at: datetime) -> datetime:
    """From then on nobody can buy a pass or register for a passage of that local day any more, UTC."""
    known = law.local_day(known_at)
    passes, foreign = law.pass_terms(day, known), law.foreign_terms(day, known)
    days = max(
        passes.bought_days_after or 0 if passes else 0,
        foreign.days_after if foreign and foreign.register_first else 0,
    )
    return law.end_of(day + timedelta(days=days) if (date.max - day).days > days else date.max)
