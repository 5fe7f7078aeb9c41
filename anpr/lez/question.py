"""A question about one vehicle in one zone, out of what a person typed, and its answer."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TypeVar, get_args
from uuid import UUID

from console.zone_desk import ZonesRefused
from pipeline.lez.book import LawBook
from pipeline.lez.enforcement import enforce
from pipeline.lez.facts import HEAVY, Facts
from pipeline.lez.judge import judge
from pipeline.lez.judgement import Enforcement, History, Judgement
from pipeline.lez.loading import load_law, zones
from pipeline.lez.rights import Rights
from pipeline.lez.standards import StandardFault, parse_standard, standard_of
from schemas.codec import compiled
from schemas.lez import Category, Fuel, LezPass, N1Class, Permit

__all__ = ["AskedWrongly", "Question", "Words", "day_of", "law_of", "moment_of", "question_of"]

CATEGORIES: tuple[Category, ...] = get_args(Category)
FUELS: tuple[Fuel, ...] = get_args(Fuel)
CLASSES: tuple[N1Class, ...] = get_args(N1Class)
OTHER_NAMES = {
    **{"gasoline": "petrol", "essence": "petrol", "benzine": "petrol", "e85": "ethanol"},
    **{"ev": "electric", "bev": "electric", "h2": "hydrogen"},
}
PassRecord, PermitRecord = compiled(LezPass), compiled(Permit)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Word = TypeVar("Word", bound=str)


class AskedWrongly(ZonesRefused):
    """Something in the question is no such thing; the message names the flag and what would be right."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a person typed, flag by flag; empty: not given."""

    zone: str
    category: str = "M1"
    fuel: str = ""
    euro: str = ""
    n1_class: str = ""
    body_code: str = ""
    at: str = ""
    known_at: str = ""
    registered: str = ""
    country: str = ""
    passes: Sequence[str] = ()
    exemptions: Sequence[str] = ()
    warned: Sequence[str] = ()
    fined: Sequence[str] = ()
    enrolled: bool = False
    no_record: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """All that a verdict depends on."""

    law: LawBook
    facts: Facts | None
    country: str
    at: datetime
    known_at: datetime
    rights: Rights = field(default_factory=Rights)
    history: History = field(default_factory=History)
    sure: bool = True

    def judgement(self) -> Judgement:
        """What the law says."""
        return judge(
            self.law,
            self.facts,
            country=self.country,
            rights=self.rights,
            at=self.at,
            known_at=self.known_at,
            sure=self.sure,
        )

    def enforcement(self, found: Judgement) -> Enforcement:
        """What it attaches to that."""
        return enforce(self.law, found, self.history, self.at, self.known_at)

    def known(self, known_at: datetime) -> Question:
        """The same, as known at another moment."""
        return replace(self, known_at=known_at)


def question_of(words: Words, now: datetime) -> Question:
    """The question that was meant. Raises AskedWrongly."""
    law = law_of(words.zone)
    at = moment_of(law, words.at, "--at") if words.at else now
    known_at = moment_of(law, words.known_at, "--known-at") if words.known_at else now
    country = (words.country or law.home).strip().upper()
    if len(country) != 2 or not country.isalpha() or not country.isascii():
        raise AskedWrongly(f"--country {words.country}: write two letters, as BE, NL, FR", typed=words.country)
    unrecorded = words.no_record or _must_enrol(law, country, words, at, known_at)
    return Question(
        law=law,
        facts=None if unrecorded else _facts(law, words, country, at),
        country=country,
        at=at,
        known_at=known_at,
        rights=Rights(
            tuple(_pass(law, day) for day in words.passes), tuple(_permit(law, one, at) for one in words.exemptions)
        ),
        history=History(
            tuple(day_of(text, "--warned") for text in words.warned),
            tuple(day_of(text, "--fined") for text in words.fined),
        ),
        sure=not words.doubtful,
    )


def law_of(zone: str) -> LawBook:
    """The law book of a zone. Raises AskedWrongly."""
    return load_law(_one_of(zone.strip().lower(), zones(), "--zone"))


def _must_enrol(law: LawBook, country: str, words: Words, at: datetime, known_at: datetime) -> bool:
    """Whether such a foreign vehicle is one that the register does not know."""
    terms = law.foreign_terms(law.local_day(at), law.local_day(known_at))
    asked = country != law.home and terms is not None and terms.register_first and country not in terms.known_without
    if asked and words.fuel:
        _facts(law, words, country, at)  # what is wrong in it is told all the same
    return asked and not words.enrolled


def _facts(law: LawBook, words: Words, country: str, at: datetime) -> Facts:
    category, n1_class = _category(words)
    number, suffix = _euro(words.euro)
    registered = day_of(words.registered, "--registered") if words.registered else None
    if registered is not None and registered > law.local_day(at):
        raise AskedWrongly(f"--registered {registered} is after the passage: which of both days is right?")
    return Facts(
        country=country,
        category=category,
        fuel=_one_of(OTHER_NAMES.get(words.fuel.lower(), words.fuel.lower().replace("-", "_")), FUELS, "--fuel"),
        n1_class=n1_class,
        body_code=words.body_code.strip().upper(),
        standard=None if number is None else standard_of(number, suffix, heavy=category in HEAVY),
        first_registered=registered,
        exemptions=tuple(_ground(law, one) for one in words.exemptions),
        euro=number,
    )


def _category(words: Words) -> tuple[Category, N1Class | None]:
    """`N1-II` is N1 of class II."""
    written = words.category.strip().upper()
    category, _, behind = written.partition("-")
    named = next((one for one in CATEGORIES if one.upper() == category), category)
    n1_class = (words.n1_class.strip().upper() or behind) or None
    if n1_class is not None and (named != "N1" or n1_class not in CLASSES):
        why = f"--category {words.category}: only N1 has a class, and it is one of {', '.join(CLASSES)}"
        raise AskedWrongly(why, typed=words.category)
    return _one_of(named, CATEGORIES, "--category"), n1_class


def _euro(text: str) -> tuple[int | None, str]:
    try:
        return parse_standard(text) if text.strip() else (None, "")
    except StandardFault as error:
        raise AskedWrongly(f"--euro: {error}", typed=repr(text)) from error


def _ground(law: LawBook, text: str) -> str:
    """A ground that the zone knows, or knew."""
    return _one_of(text.strip().lower(), tuple(dict.fromkeys(one.ground for one in law.exemptions)), "--exemption")


def _pass(law: LawBook, text: str) -> LezPass:
    """A pass that was bought in time and known, as far as anybody told."""
    day = day_of(text, "--pass")
    return PassRecord(pass_id=UUID(int=day.toordinal()), plate="0", zone=law.zone, day=day, bought_at=LONG_AGO)


def _permit(law: LawBook, text: str, at: datetime) -> Permit:
    """The ground as decided on request, where the law asks for that; nobody told since when, so from that day on."""
    return PermitRecord(
        permit_id=UUID(int=0), zone=law.zone, ground=_ground(law, text), from_day=law.local_day(at), decided_at=LONG_AGO
    )


def day_of(text: str, flag: str) -> date:
    """A day as typed. Raises AskedWrongly."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise AskedWrongly(f"{flag} {text} is no day: write 2026-11-25", typed=text) from error


def moment_of(law: LawBook, text: str, flag: str) -> datetime:
    """On the clocks of the zone unless it says another; a day begins at its midnight. In the hour that is there twice
    it is the first one. Raises AskedWrongly."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        why = f"{flag} {text} is no moment: write 2026-11-25 or 2026-11-25T13:30"
        raise AskedWrongly(why, typed=text) from error
    if not 1950 <= moment.year <= 2150:
        raise AskedWrongly(f"{flag} {text}: write a year from 1950 to 2150", typed=text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=law.zone_info)).astimezone(UTC)


def _one_of(text: str, known: Sequence[Word], flag: str) -> Word:
    for one in known:
        if one == text:
            return one
    if not text:
        raise AskedWrongly(f"{flag} is missing: one of {', '.join(known)}")
    near = difflib.get_close_matches(text, known, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise AskedWrongly(f"{flag} {text}: one of {', '.join(known)}{hint}", typed=text)
