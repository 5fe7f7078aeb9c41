"""What a re-judgement would change: counts of verdicts, and what becomes of the notices that stand on them."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from pipeline.lez.rejudgement import is_offence
from schemas.lez import Action, LezVerdict, VerdictKind
from schemas.lez_notice import LezNotice

__all__ = ["Change", "Digest", "Standing", "Survey", "Tally"]


class Change(NamedTuple):
    """What was said of passages, and what is said of them now."""

    verdict_was: VerdictKind
    action_was: Action
    verdict: VerdictKind
    action: Action


@dataclass(slots=True)
class Tally:
    """Verdicts that change alike."""

    verdicts: int = 0
    unverified: int = 0
    """Rest on a rule whose official text nobody has read."""
    nameless: int = 0
    """Their plates were cleared: judged without passes and permits, and not published, as nothing can follow."""
    known_later: int = 0
    """Taken by what was known later than the moment of this order, which does not overtake them."""
    vehicles: set[int] = field(default_factory=set)
    """Digests of the plates that are known."""

    @property
    def sendable(self) -> int:
        """Of which revisions can be published."""
        return self.verdicts - self.nameless - self.known_later


@dataclass(slots=True)
class Survey:
    """What would change."""

    looked_at: int = 0
    changes: defaultdict[Change, Tally] = field(default_factory=lambda: defaultdict(Tally))
    notices: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """`withdrawn` or `reckoned anew`, state, kind → how many notices stand on verdicts that change."""
    approved: list[UUID] = field(default_factory=list)
    """Notices that a person approved and that would be withdrawn."""
    digest: str = ""
    """SHA-256 of all revisions that can be published."""

    def total(self, what: str) -> int:
        """Of a count of `Tally`, over all changes."""
        return sum(getattr(tally, what) for tally in self.changes.values())


class Digest:
    """Of revisions, in their order: who approved a difference can tell whether it was published."""

    def __init__(self) -> None:
        self._sha = hashlib.sha256()

    def add(self, verdict: LezVerdict) -> None:
        """The next one."""
        said = (verdict.verdict_id, verdict.revision, verdict.verdict, verdict.action, verdict.rule, verdict.if_sure)
        amounts = (verdict.fine_eur, verdict.fine_gbp)
        self._sha.update(" ".join(map(str, (*said, *amounts))).encode() + b"\n")

    @property
    def text(self) -> str:
        """Hex."""
        return self._sha.hexdigest()


class Standing:
    """Notices of a day, and whether a verdict is left that each can rest on."""

    def __init__(self, notices: Iterator[LezNotice]) -> None:
        self._notices = list(notices)
        self._of_verdict: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for notice in self._notices:
            for verdict_id in notice.verdict_ids:
                self._of_verdict[verdict_id].append(notice.notice_id)
        self._touched, self._borne = set[UUID](), set[UUID]()

    def stays(self, verdict: LezVerdict) -> None:
        """A verdict as it was."""
        if is_offence(verdict):
            self._borne.update(self._of_verdict.get(verdict.verdict_id, ()))

    def changes(self, verdict: LezVerdict) -> None:
        """A verdict as it will be."""
        self._touched.update(self._of_verdict.get(verdict.verdict_id, ()))
        self.stays(verdict)

    def sum_up(self, found: Survey) -> None:
        """What becomes of those that rest on a verdict that changes."""
        for notice in self._notices:
            if notice.notice_id not in self._touched:
                continue
            falls = notice.notice_id not in self._borne
            found.notices["withdrawn" if falls else "reckoned anew", notice.state, notice.kind] += 1
            if falls and notice.state == "approved":
                found.approved.append(notice.notice_id)
