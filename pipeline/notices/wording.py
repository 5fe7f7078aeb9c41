"""Why, in words: the judgement of a verdict, taken again from the facts that it tells."""

from __future__ import annotations

from pipeline.lez.judge import judge
from pipeline.lez.rejudgement import facts_in
from pipeline.lez.sentences import LANGUAGES, Language
from pipeline.notices.reckoning import Proposal

__all__ = ["reasons_of"]


def reasons_of(proposal: Proposal) -> dict[Language, str]:
    """Why the passage is forbidden and what follows, in each language.

    Where the law book has been corrected since, only verdict and rule are told: the verdict holds until it is judged
    again, but the book has no words for it any more.
    """
    held, law, note = proposal.offence.held, proposal.offence.law, proposal.enforcement.note
    found = judge(law, facts_in(held), country=held.country, at=held.captured_at, known_at=held.known_at)
    same = found.verdict == held.verdict
    whys = {language: found.reason(language) if same else f"{held.verdict}: {held.rule}." for language in LANGUAGES}
    return {language: f"{why} {note.in_(language)}" if note else why for language, why in whys.items()}
