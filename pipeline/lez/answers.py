"""What the law says of a passage, ready to be told: of a day's millions of passages it tells a few thousand apart.

A verdict hangs on the zone's local day of the passage and of knowing, on the facts of the vehicle, on how sure the
plate is; and, where the vehicle may not enter, on what was paid or granted, which is looked at each time.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeAlias

from pipeline.lez.age import age_in_law, hangs_on_age
from pipeline.lez.book import LawBook
from pipeline.lez.days import LocalDays
from pipeline.lez.enforcement import enforce
from pipeline.lez.judge import judge
from pipeline.lez.judgement import BARRED, NO_HISTORY
from pipeline.lez.registry.bearers import TWO_COUNTRIES
from pipeline.lez.registry.passes import PassBook
from pipeline.lez.registry.permits import PermitBook
from pipeline.lez.registry.profiles import NO_DAY, Profiles, date_of
from pipeline.lez.rights import NO_RIGHTS, Rights
from pipeline.lez.verdict_parts import fields_of_law, first_registered_part, law_part
from schemas.passage import Passage

__all__ = ["Answers"]

MOST_READY = 50_000
"""Answers that are remembered: those of a day or two."""
NEVER = datetime.max.replace(tzinfo=UTC)


class _Answer(NamedTuple):
    told: bytes
    """The part of the verdict that is the law's, encoded."""
    barred: bool
    """True: a pass or a permit may change it."""


_Page: TypeAlias = dict["tuple[Any, ...] | int", _Answer]


class _Case(NamedTuple):
    """What a verdict hangs on, passes and permits aside."""

    passage: Passage
    """Its moments, and the country that its plate looks like."""
    profile: int
    registered: int
    """Day of the first registration."""
    sure: bool


class Answers:
    """Verdicts of one zone, but for what is of the passage alone."""

    def __init__(self, law: LawBook, profiles: Profiles, passes: PassBook, permits: PermitBook) -> None:
        self.law = law
        self._profiles, self._passes, self._permits = profiles, passes, permits
        self._days = LocalDays(law)
        self._kinds: list[tuple[str, bool]] = []
        """By profile: country, and whether the first registration may decide."""
        self._pages: dict[tuple[date, date], _Page] = {}
        """By the local days of the passage and of knowing."""
        self._page: _Page = {}
        self._from = self._to = NEVER
        """Both moments of a passage lie between these: it is on the same page as the one before."""
        self._texts: dict[bytes, bytes] = {}

    def part(self, passage: Passage, profile: int, registered: int) -> bytes:
        """The end of the verdict: what stands behind the fields of `verdict_parts.OF_PASSAGE`.

        profile, registered: of the vehicle whose the plate was when it passed, as the register tells them. One of
        another country than the plate looked like is told with doubt: one of the two is wrong.
        """
        if not (self._from <= passage.captured_at < self._to and self._from <= passage.received_at < self._to):
            self._turn_to(passage)
        country, sure = passage.country, passage.certainty == "sure"
        key: tuple[Any, ...] | int
        if profile < 0:
            key = (profile, country, sure)
        else:
            if profile >= len(self._kinds):
                self._learn_kinds()
            own, aged = self._kinds[profile]
            sure = sure and (country == own or country is None)
            key = (profile, registered, sure) if aged else profile << 1 | sure
        answer = self._page.get(key)
        if answer is None:
            answer = self._remember(key, self._made(_Case(passage, profile, registered, sure)))
        if answer.barred and (passage.plate in self._passes or passage.plate in self._permits):
            case = _Case(passage, profile, registered, sure)
            answer = self._answer(case, self._rights(passage.plate, country if profile < 0 else own))
        return answer.told if registered == NO_DAY else _registered_part(registered) + answer.told

    def _turn_to(self, passage: Passage) -> None:
        """The page of this passage, and of the others of its hour."""
        at, known_at = passage.captured_at, passage.received_at
        days = self._days.of(at), self._days.of(known_at)
        if days not in self._pages and sum(map(len, self._pages.values())) >= MOST_READY:
            self._pages.clear()
            self._texts.clear()
        self._page = self._pages.setdefault(days, {})
        hour = self._days.hour_of(at)
        self._from, self._to = hour if hour and hour == self._days.hour_of(known_at) else (NEVER, NEVER)

    def _learn_kinds(self) -> None:
        for facts in self._profiles.all[len(self._kinds) :]:
            self._kinds.append((facts.country, hangs_on_age(self.law, facts)))

    def _remember(self, key: tuple[Any, ...] | int, answer: _Answer) -> _Answer:
        """Many answers are told in the same words: these are kept once."""
        kept = answer._replace(told=self._texts.setdefault(answer.told, answer.told))
        if len(self._page) < MOST_READY:
            self._page[key] = kept
        return kept

    def _made(self, case: _Case) -> _Answer:
        """Of vehicles that differ in their first registration alone, one is judged for all for whom that is the same.

        A register knows them by the ten thousand, and to judge one takes as long as twenty look-ups of this kind.
        """
        if case.profile < 0 or not self._kinds[case.profile][1]:
            return self._answer(case, NO_RIGHTS)
        facts, day = self._profiles.facts(case.profile, case.registered), self._days.of(case.passage.captured_at)
        alike = (case.profile, age_in_law(self.law, facts, day), case.registered == NO_DAY, case.sure)
        return self._page.get(alike) or self._remember(alike, self._answer(case, NO_RIGHTS))

    def _answer(self, case: _Case, rights: Rights) -> _Answer:
        at, known_at, country = case.passage.captured_at, case.passage.received_at, case.passage.country
        facts = self._profiles.facts(case.profile, case.registered) if case.profile >= 0 else None
        found = judge(
            self.law,
            facts,
            country=country,
            rights=rights,
            at=at,
            known_at=known_at,
            sure=case.sure,
            ambiguous=case.profile == TWO_COUNTRIES,
        )
        follows = enforce(self.law, found, NO_HISTORY, at, known_at)
        if facts is not None and case.registered != NO_DAY:
            facts = replace(facts, first_registered=None)  # it is told apart
        fields = fields_of_law(found, follows, facts, country=country, sure=case.sure)
        return _Answer(law_part(self.law.zone, fields), not BARRED.isdisjoint({found.verdict, found.if_sure}))

    def _rights(self, plate: str, country: str | None) -> Rights:
        return Rights(self._passes.of(plate), self._permits.of(plate, country))


@functools.lru_cache(maxsize=65_536)
def _registered_part(day: int) -> bytes:
    return first_registered_part(date_of(day))
