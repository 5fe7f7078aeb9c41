"""What follows from all offences of a vehicle together: which days are a warning, which a fine, which nothing.

A pure function of what is held, so that the order of arrival does not count. What a person has decided is kept, as
long as it has its ground; everything else is reckoned anew, day by day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from pipeline.lez.enforcement import enforce, warned_already
from pipeline.lez.judgement import Enforcement, History
from pipeline.notices.offences import Offence
from schemas.lez_file import HeldVerdict
from schemas.lez_notice import LezNotice, NoticeKind

__all__ = ["Days", "Proposal", "reckoned"]

Days: TypeAlias = Mapping[date, Sequence[Offence]]
"""Local day → its offences, the first passage first."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the law attaches to a day, in view of the days before it."""

    offence: Offence
    """The passage that is told."""
    enforcement: Enforcement
    kind: NoticeKind
    decided: bool
    """True: a person has approved it, and it is as it was then."""


Standing: TypeAlias = dict[date, Proposal]


def reckoned(days: Days, told: Mapping[date, LezNotice]) -> Standing:
    """Day → what stands. told: notices as they were told last, by day.

    A day that a person has rejected stays without: what rested on it is reckoned as if it had not been.
    """
    standing: Standing = {}
    for day in sorted(days):
        notice = told.get(day)
        if notice is not None and notice.state == "rejected":
            continue
        proposal = _kept(notice, days[day], standing) or _open(days, told, day, standing)
        if proposal is not None:
            standing[day] = proposal
    return standing


def _kept(notice: LezNotice | None, offences: Sequence[Offence], before: Standing) -> Proposal | None:
    """What was approved, if its passage is still an offence and the law still attaches the same to it."""
    offence = _approved(notice, offences)
    if notice is None or offence is None:
        return None
    proposal = _proposal(offence, before, decided=True)
    return proposal if proposal is not None and proposal.kind == notice.kind else None


def _approved(notice: LezNotice | None, offences: Iterable[Offence]) -> Offence | None:
    """The passage that an approved notice tells of."""
    if notice is None or notice.state != "approved":
        return None
    return next((one for one in offences if one.held.verdict_id == notice.verdict_ids[0]), None)


def _open(days: Days, told: Mapping[date, LezNotice], day: date, before: Standing) -> Proposal | None:
    """The first passage of the day that something follows from, unless that upsets what a person has decided."""
    for offence in _unlike(days[day]):
        proposal = _proposal(offence, before, decided=False)
        if proposal is not None:
            return None if _upsets(proposal, days, told, before) else proposal
    return None


def _unlike(offences: Iterable[Offence]) -> Iterable[Offence]:
    """Of those of one day to which the law attaches the same, the first one."""
    first: dict[tuple[str, str, date], Offence] = {}
    for one in offences:
        first.setdefault((one.held.verdict, one.held.rule, one.law.local_day(one.held.known_at)), one)
    return first.values()


def _upsets(proposal: Proposal, days: Days, told: Mapping[date, LezNotice], before: Standing) -> bool:
    """Whether a late passage would take the ground from a notice of a later day that a person has approved."""
    without, day = dict(before), proposal.offence.day
    for later in sorted(one for one in days if one > day):
        kept = _kept(told.get(later), days[later], without)
        if kept is not None:
            if _kept(told.get(later), days[later], {**without, day: proposal}) is None:
                return True
            without[later] = kept
    return False


def _proposal(offence: Offence, before: Standing, *, decided: bool) -> Proposal | None:
    held = offence.held
    law, history = offence.law, _history(before, held)
    enforcement = enforce(law, held, history, held.captured_at, held.known_at)
    if enforcement.action == "none":
        return None
    if enforcement.action == "warning" and warned_already(law, history, held.captured_at, held.known_at):
        return None
    return Proposal(offence, enforcement, enforcement.action, decided)


def _history(before: Standing, held: HeldVerdict) -> History:
    """Warnings of this vehicle only, as its plate may have been another one's before; fines of the plate, whatever it
    was on. Of two errors the one that fines nobody too soon.
    """
    own = _vehicle(held)
    warned = (day for day, one in before.items() if one.kind == "warning" and _vehicle(one.offence.held) == own)
    fined = (day for day, one in before.items() if one.kind == "fine")
    return History(tuple(warned), tuple(fined))


def _vehicle(held: HeldVerdict) -> tuple[object, ...]:
    """What tells one vehicle from another, as far as the register tells anything of it."""
    return held.category, held.fuel, held.n1_class, held.body_code, held.standard, held.first_registered
