"""A stored verdict explained by the law as it was known when it was taken, and whether the law book still says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from anpr.lez.answer import Known, as_known_over_time, known_json
from anpr.lez.question import Question
from pipeline.lez.book import LawBook
from pipeline.lez.judgement import BARRED
from pipeline.lez.rejudgement import Retaken, facts_in, retaken
from pipeline.lez.rights import NO_RIGHTS, Rights
from pipeline.lez.sentences import LANGUAGES
from schemas.lez import LezVerdict

__all__ = ["Agreement", "Explained", "explain", "explained_json", "over_time", "taken_json"]

Agreement = Literal["same", "rights_differ", "different"]
"""Of a verdict and what the law book says today of that day of knowing. `rights_differ`: but for a pass or a permit
that was taken back since, or that had not reached the register then. `different`: the law book was edited."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One time that a verdict was taken."""

    verdict: LezVerdict
    again: Retaken
    """By the law book of today, as it was known then."""
    agreement: Agreement


def explain(law: LawBook, verdict: LezVerdict, rights: Rights) -> Explained:
    """The same question to the same law. rights: all that the vehicle ever had in the zone."""
    with_rights = retaken(law, verdict, rights, verdict.known_at)
    if with_rights.is_said_by(verdict):
        return Explained(verdict, with_rights, "same")
    without = retaken(law, verdict, NO_RIGHTS, verdict.known_at)
    by_right = verdict.verdict in {"pass", "exempt"} or verdict.if_sure in {"pass", "exempt"}
    barred = not BARRED.isdisjoint({without.found.verdict, without.found.if_sure})
    if without.is_said_by(verdict):
        return Explained(verdict, without, "rights_differ")
    return Explained(verdict, with_rights, "rights_differ" if by_right and barred else "different")


def over_time(law: LawBook, verdict: LezVerdict, rights: Rights) -> Sequence[Known]:
    """What was said of this passage on every day on which the law book began to say something else."""
    asked = Question(
        law=law,
        facts=facts_in(verdict),
        country=verdict.country or law.home,
        at=verdict.captured_at,
        known_at=verdict.known_at,
        rights=rights,
        sure=not verdict.doubtful,
    )
    return list(as_known_over_time(asked))


def explained_json(law: LawBook, one: Explained, known: Sequence[Known]) -> dict[str, Any]:
    """The verdict that holds, in three languages, with its source and how the law came to be known."""
    found = one.again.found
    return {
        **taken_json(law, one),
        "verdict_id": one.verdict.verdict_id,
        "passage_id": one.verdict.passage_id,
        "zone": law.zone,
        "camera_id": one.verdict.camera_id,
        "valid_at": law.local(one.verdict.captured_at).isoformat(),
        **{f"reason{'' if each == 'en' else '_' + each}": found.reason(each) for each in LANGUAGES},
        "source": found.source,
        "standard": one.verdict.standard,
        "standard_derived": one.verdict.standard_derived,
        "history": [known_json(each) for each in known],
    }


def taken_json(law: LawBook, one: Explained) -> dict[str, Any]:
    """One time that it was taken."""
    verdict = one.verdict
    return {
        "revision": verdict.revision,
        "known_at": law.local(verdict.known_at).isoformat(),
        "cause": verdict.cause,
        "confirmed_by": verdict.confirmed_by,
        "withdrawn": verdict.withdrawn,
        "verdict": verdict.verdict,
        "action": verdict.action,
        "rule": verdict.rule,
        "fine_eur": verdict.fine_eur,
        "fine_gbp": verdict.fine_gbp,
        "if_sure": verdict.if_sure,
        "unverified": verdict.unverified,
        "agreement": one.agreement,
    }
