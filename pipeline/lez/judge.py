"""Judge one vehicle in one zone at one moment: a pure function of the facts, the rights and the law book.

The order of the questions: is there a zone and a law; whose plate is it; is the vehicle exempt; what does the calendar
say; and, where that is a ban, has somebody paid or been granted a right. A doubtful read is judged last: whatever was
found is only what it would be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import get_args

from pipeline.lez.age import assumed_standard, old_enough
from pipeline.lez.book import LawBook
from pipeline.lez.facts import Facts
from pipeline.lez.grounds import load_grounds
from pipeline.lez.judgement import BARRED, Judgement
from pipeline.lez.model import Cell, Exemption, Kind, Names, Regime
from pipeline.lez.rights import NO_RIGHTS, Rights, covering_pass, covering_permit, registered_in_time
from pipeline.lez.sentences import LANGUAGES, Reason, Value, word
from pipeline.lez.standards import STANDARDS
from schemas.lez import LezPass, Standard, VerdictKind

__all__ = ["judge"]

REGIMES: tuple[Regime, ...] = get_args(Regime)
"""From what follows least to what follows most."""
VERDICT_OF: dict[str, VerdictKind] = {
    "allowed": "compliant",
    "banned": "non_compliant",
    "outside": "not_applicable",
    "unread": "unknown",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """The moment of the passage and that of knowing, on the clocks of the zone."""

    law: LawBook
    at: datetime
    known_at: datetime
    day: date
    known: date

    def answer(self, verdict: VerdictKind, rule: str, why: Reason) -> Judgement:
        return Judgement(verdict, f"{self.law.zone}:{rule}", why)


def judge(
    law: LawBook,
    facts: Facts | None,
    *,
    country: str | None,
    rights: Rights = NO_RIGHTS,
    at: datetime,
    known_at: datetime,
    sure: bool = True,
    ambiguous: bool = False,
) -> Judgement:
    """Verdict on a vehicle seen at `at`, by the law and the rights known at `known_at`.

    facts: None: the register has no vehicle with this plate. country: of the plate's shape, for that case.
    sure: False: the plate was not read with certainty. ambiguous: vehicles of several countries bear it.
    """
    asked = _Asked(law, at, known_at, law.local_day(at), law.local_day(known_at))
    found = _before_all(asked)
    if found is None and ambiguous:
        found = asked.answer("unknown", "two_countries", Reason.of("two_countries"))
    if found is None:
        found = _without_record(asked, country) if facts is None else _of_vehicle(asked, facts)
        found = _with_rights(asked, found, rights)
    return found if sure else _doubtful(asked, found)


def _before_all(asked: _Asked) -> Judgement | None:
    """What needs no vehicle."""
    law = asked.law
    if asked.day < law.begins:
        return asked.answer("not_applicable", "no_zone", Reason.of("before_zone", zone=law.names, begins=law.begins))
    if asked.known < law.known_from:
        return asked.answer("not_applicable", "no_law", Reason.of("before_law", zone=law.names, known=law.known_from))
    if (asked.day.month, asked.day.day) in law.free_days:
        return asked.answer("not_applicable", "free_day", Reason.of("free_day", zone=law.names))
    return None


def _without_record(asked: _Asked, country: str | None) -> Judgement:
    terms = asked.law.foreign_terms(asked.day, asked.known)
    at_home = country is None or country == asked.law.home
    if terms is None or at_home or not terms.register_first or country in terms.known_without:
        return asked.answer("unknown", "no_record", Reason.of("no_record"))
    found = asked.answer("unregistered", "foreign", Reason.of("foreign", zone=asked.law.names))
    return replace(found, unverified=not terms.verified, source=asked.law.sources[terms.source].title)


def _doubtful(asked: _Asked, found: Judgement) -> Judgement:
    if found.verdict in {"unknown", "not_applicable"}:
        return found
    return replace(
        asked.answer("unknown", "doubtful_read", Reason.of("doubtful")),
        standard=found.standard,
        derived=found.derived,
        unverified=found.unverified,
        if_sure=found.verdict,
    )


# ---- the vehicle ---------------------------------------------------------------------------------------------------


def _of_vehicle(asked: _Asked, facts: Facts) -> Judgement:
    exempt = _exemption(asked, facts)
    if exempt is not None:
        return exempt
    found = _by_calendar(asked, facts)
    strange = [ground for ground in facts.exemptions if ground not in load_grounds()]
    if strange and found.verdict == "non_compliant":
        return asked.answer("unknown", "unknown_ground", Reason.of("unknown_ground"))
    return found


def _exemption(asked: _Asked, facts: Facts) -> Judgement | None:
    """By drive, by category, by what the register tells."""
    for one in asked.law.exemptions_at(asked.day, asked.known):
        told = "register" in one.by and one.ground in facts.exemptions
        by_itself = facts.fuel in one.fuels or facts.category in one.categories
        if (told or by_itself) and _meets(one, facts, asked.day):
            return _granted(asked, one)
    return None


def _granted(asked: _Asked, exemption: Exemption, *, on_request: bool = False) -> Judgement:
    sentence = "paid" if exemption.paid else "permit" if on_request else "exempt"
    why = Reason.of(sentence, ground=load_grounds()[exemption.ground])
    found = asked.answer("pass" if exemption.paid else "exempt", f"exemption:{exemption.ground}", why)
    return replace(found, unverified=not exemption.verified, source=asked.law.sources[exemption.source].title)


def _meets(exemption: Exemption, facts: Facts, day: date) -> bool:
    """Its age and its standard, where the ground asks for them."""
    of_standard = not exemption.standards or facts.standard in exemption.standards
    return of_standard and old_enough(exemption, facts.first_registered, day)


def _by_calendar(asked: _Asked, facts: Facts) -> Judgement:
    found = [_of_kind(asked, facts, kind) for kind in asked.law.kinds_of(facts)]
    if len({one.verdict for one in found}) > 1:
        return asked.answer("unknown", "no_class", Reason.of("no_class"))
    return min(found, key=lambda one: _severity(asked, one))


def _severity(asked: _Asked, found: Judgement) -> int:
    """Of several classes that a vehicle may be of, all of them barred, the one from which the least follows counts."""
    cell = asked.law.rule(found.rule)
    return REGIMES.index(cell.action) if cell is not None else 0


def _of_kind(asked: _Asked, facts: Facts, kind: Kind) -> Judgement:
    moved = asked.law.moved(kind, facts.body_code)
    counted = kind if moved is None else moved.as_kind
    standard, derived, read = _standard(asked, facts, kind)
    found = _of_standard(asked, facts, counted, standard, derived)
    doubted = (not read and found.verdict != "not_applicable") or (moved is not None and not moved.verified)
    return _marked(found) if doubted and not found.unverified else found


def _standard(asked: _Asked, facts: Facts, kind: Kind) -> tuple[Standard | None, bool, bool]:
    """Standard to judge by, whether it comes from the first registration, and whether somebody read that it may."""
    if facts.standard is not None or facts.first_registered is None:
        return facts.standard, False, True
    assumed = assumed_standard(asked.law, kind, facts.first_registered, asked.day)
    return (None, False, True) if assumed is None else (assumed[0], True, assumed[1])


def _of_standard(asked: _Asked, facts: Facts, kind: Kind, standard: Standard | None, derived: bool) -> Judgement:
    subject = asked.law.subject(kind, facts.fuel)
    if standard is not None:
        cell = asked.law.cell(subject, standard, asked.day, asked.known)
        return _told(asked, facts, cell, standard, derived)
    cells = [asked.law.cell(subject, each, asked.day, asked.known) for each in STANDARDS]
    if len({(cell.access, cell.action) for cell in cells}) == 1:  # the same for all standards
        found = _told(asked, facts, cells[0], None, False)
        return found if found.unverified or all(cell.verified for cell in cells) else _marked(found)
    return asked.answer("unknown", "no_standard", Reason.of("no_standard", kind=_kind_named(facts)))


def _told(asked: _Asked, facts: Facts, cell: Cell, standard: Standard | None, derived: bool) -> Judgement:
    """The judgement of a cell."""
    found = Judgement(
        VERDICT_OF[cell.access],
        cell.rule_id(asked.law.zone, standard),
        _why(asked, facts, cell, standard, derived),
        standard=standard,
        derived=derived,
        source=asked.law.sources[cell.source].title,
    )
    return found if cell.verified else _marked(found, say=cell.access != "unread")


def _marked(found: Judgement, *, say: bool = True) -> Judgement:
    """As resting on what nobody has read; say: in its sentence too."""
    why = replace(found.why, after=(*found.why.after, "unverified")) if say else found.why
    return replace(found, why=why, unverified=True)


def _why(asked: _Asked, facts: Facts, cell: Cell, standard: Standard | None, derived: bool) -> Reason:
    fuel = "other_fuel" if facts.fuel == "other" else facts.fuel
    about: dict[str, Value] = {"kind": _kind_named(facts), "fuel": fuel, "standard": _standard_named(standard, derived)}
    about["zone"] = asked.law.names
    of = standard or STANDARDS[0]
    if cell.access == "banned":
        return Reason.of("banned", **about, since=asked.law.since(cell, of, asked.known))
    if cell.access == "allowed":
        until = asked.law.until(cell, of, asked.known)
        if until < date.max:
            return Reason.of("allowed_until", **about, until=until)
    return Reason.of(cell.access, **about)


def _kind_named(facts: Facts) -> str:
    """What the vehicle is, and not what it counts as."""
    return facts.category if facts.n1_class is None else f"{facts.category}-{facts.n1_class}"


def _standard_named(standard: Standard | None, derived: bool) -> Names:
    key = "any_standard" if standard is None else "no_standard" if standard == "0" else f"Euro {standard}"
    return Names(**{each: word(key, each) + (word("derived", each) if derived else "") for each in LANGUAGES})


# ---- rights --------------------------------------------------------------------------------------------------------


def _with_rights(asked: _Asked, found: Judgement, rights: Rights) -> Judgement:
    """What was paid or granted, where the vehicle needs it."""
    if found.verdict not in BARRED:
        return found
    permit = covering_permit(asked.law, rights.permits, asked.at, asked.known_at, standard=found.standard)
    if permit is not None:
        return _still_of(found, _granted(asked, permit[1], on_request=True))
    if found.verdict == "unregistered" and registered_in_time(asked.law, rights.permits, asked.at, asked.known_at):
        return asked.answer("unknown", "registered", Reason.of("registered"))
    bought = covering_pass(asked.law, rights.passes, asked.at, asked.known_at)
    if bought is not None:
        return _still_of(found, _paid(asked, bought))
    return found


def _paid(asked: _Asked, bought: LezPass) -> Judgement:
    found = asked.answer("pass", "day_pass", Reason.of("pass", day=bought.day))
    terms = asked.law.pass_terms(bought.day, asked.known)
    if terms is None:
        return found
    return replace(found, unverified=not terms.verified, source=asked.law.sources[terms.source].title)


def _still_of(found: Judgement, answer: Judgement) -> Judgement:
    """The answer, with the standard that was judged by."""
    return replace(answer, standard=found.standard, derived=found.derived)
