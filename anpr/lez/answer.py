"""An answer in the words of the interface: one flat JSON object, and how the law came to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from anpr.lez.question import Question
from pipeline.lez.book import LawBook
from pipeline.lez.calendar import known_days
from pipeline.lez.judgement import Enforcement, Judgement
from pipeline.lez.sentences import LANGUAGES
from pipeline.lez.standards import STANDARDS

__all__ = ["Known", "answer_json", "as_known_over_time", "known_json"]


@dataclass(frozen=True, slots=True)
class Known:
    """What the answer was while the law book stood as it stood from one day on."""

    since: date
    found: Judgement
    due: Enforcement


def answer_json(question: Question) -> dict[str, Any]:
    """The keys that `anpr lez assess --json` prints."""
    found = question.judgement()
    due = question.enforcement(found)
    law = question.law
    return {
        "zone": law.zone,
        "verdict": found.verdict,
        "action": due.action,
        "rule": found.rule,
        "reason": found.reason(),
        "reason_fr": found.reason("fr"),
        "reason_nl": found.reason("nl"),
        "fine_eur": due.fine_eur,
        "fine_gbp": due.fine_gbp,
        "valid_at": law.local(question.at).isoformat(),
        "known_at": law.local(question.known_at).isoformat(),
        "standard": found.standard,
        "standard_derived": found.derived,
        "unverified": found.unverified or due.unverified,
        "if_sure": found.if_sure,
        "warned_on": due.warned_on.isoformat() if due.warned_on else None,
        "source": found.source,
        **{f"note{'' if each == 'en' else '_' + each}": due.note.in_(each) if due.note else "" for each in LANGUAGES},
    }


def as_known_over_time(question: Question) -> Iterator[Known]:
    """The answers to the same question on every day on which the law book began to say something else."""
    last: tuple[object, ...] | None = None
    for day in _turning_days(question):
        then = question.known(_noon(question.law, day))
        found = then.judgement()
        due = then.enforcement(found)
        told = (found.verdict, found.source, found.unverified, due.action, due.fine_eur, due.fine_gbp)
        if told != last:
            yield Known(day, found, due)
        last = told


def known_json(known: Known) -> dict[str, Any]:
    """One line of that history."""
    return {
        "known_from": known.since.isoformat(),
        "verdict": known.found.verdict,
        "action": known.due.action,
        "fine_eur": known.due.fine_eur,
        "fine_gbp": known.due.fine_gbp,
        "rule": known.found.rule,
        "source": known.found.source,
        "unverified": known.found.unverified or known.due.unverified,
    }


def _turning_days(question: Question) -> list[date]:
    """Of all calendars that the vehicle may be in."""
    law, facts = question.law, question.facts
    subjects = {law.subject(kind, facts.fuel) for kind in law.kinds_of(facts)} if facts else set(law.subjects)
    if facts:
        moved = (law.moved(kind, facts.body_code) for kind in law.kinds_of(facts))
        subjects |= {law.subject(rule.as_kind, facts.fuel) for rule in moved if rule}
    return sorted({day for subject in subjects for one in STANDARDS for day in known_days(law, subject, one)})


def _noon(law: LawBook, day: date) -> datetime:
    """A moment of the day on the zone's clocks."""
    return datetime.combine(day, time(12), law.zone_info)
