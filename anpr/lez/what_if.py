"""What another law would mean for the passages that were counted.

A kind of vehicle barred, a later day of the calendar, or the same days as the law is known now. Only counts are looked
at. They do not tell what the register exempts, how old a vehicle is, nor its body: who was exempt, had a pass, was
unregistered or unknown stays so, and a passage changes only where the kind of its vehicle decides.
"""

from __future__ import annotations

import operator
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias, cast

from anpr.lez.question import CATEGORIES, CLASSES, FUELS, AskedWrongly
from pipeline.lez.book import LawBook
from pipeline.lez.facts import Facts
from pipeline.lez.judge import judge
from pipeline.lez.judgement import BARRED
from pipeline.lez.standards import STANDARDS, rank
from schemas.lez import Standard
from sinks.clickhouse.lez.queries.counts import KindPassages, KindVehicles

__all__ = ["Bar", "Effect", "Hour", "Law", "as_law_of", "law_stretches", "parse_bar"]

JUDGED = frozenset({"compliant", "non_compliant", "not_applicable"})
"""Verdicts that hang on the kind of vehicle alone; of all others something else decided."""
DAY = timedelta(days=1)


Kind: TypeAlias = KindPassages | KindVehicles
"""Something of vehicles that are one to the law; empty where unknown."""
Law = Callable[[Kind, str], str]
"""Kind of vehicle, verdict as it was taken → verdict as it would be."""


# ---- a kind barred -------------------------------------------------------------------------------------------------

_CONDITION = re.compile(r"\s*(\w+)\s*(<=|>=|!=|=|<|>)\s*(\S+)\s*")
COMPARED: dict[str, Callable[[int, int], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
KNOWN: dict[str, tuple[str, ...]] = {
    "fuel": FUELS,
    "standard": STANDARDS,
    "category": CATEGORIES,
    "n1_class": CLASSES,
    "country": (),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One part of a rule to come: `standard<=5`."""

    name: str
    sign: str
    values: tuple[str, ...]

    def holds(self, kind: Kind) -> bool:
        """An unknown value meets no condition."""
        value = str(getattr(kind, self.name))
        if not value:
            return False
        if self.sign in COMPARED:
            return COMPARED[self.sign](rank(cast(Standard, value)), rank(cast(Standard, self.values[0])))
        return (value in self.values) == (self.sign == "=")


@dataclass(frozen=True, slots=True)
class Bar:
    """A rule to come: vehicles that meet all conditions may not enter."""

    conditions: tuple[Condition, ...]

    def __call__(self, kind: Kind, verdict: str) -> str:
        """Of what is compliant today."""
        barred = verdict == "compliant" and all(one.holds(kind) for one in self.conditions)
        return "non_compliant" if barred else verdict


def parse_bar(text: str) -> Bar:
    """`fuel=diesel|diesel_hybrid,standard<=5,category=M1`. Raises AskedWrongly."""
    return Bar(tuple(_condition(part) for part in text.split(",")))


def _condition(text: str) -> Condition:
    found = _CONDITION.fullmatch(text)
    if found is None or found[1] not in KNOWN:
        raise AskedWrongly(f"--bar {text}: write {', '.join(KNOWN)}, then = != < <= > >=, then a value: fuel=diesel")
    name, sign, values = found[1], found[2], tuple(found[3].split("|"))
    unknown = [value for value in values if KNOWN[name] and value not in KNOWN[name]]
    if unknown:
        raise AskedWrongly(f"--bar {text}: {unknown[0]} is not one of {', '.join(KNOWN[name])}")
    if sign in COMPARED and (name != "standard" or len(values) > 1):
        raise AskedWrongly(f"--bar {text}: only one standard can be compared, from dirty to clean")
    return Condition(name, sign, values)


# ---- another day of the law ----------------------------------------------------------------------------------------


def as_law_of(law: LawBook, day: date, known_at: datetime) -> Law:
    """What the calendar says of that day, as known then."""
    noon = datetime.combine(day, time(12), law.zone_info)
    judged: dict[tuple[str, ...], str] = {}

    def would(kind: Kind, verdict: str) -> str:
        facts = _facts(kind) if verdict in JUDGED else None
        if facts is None:
            return verdict
        key = (kind.fuel, kind.category, kind.n1_class, kind.standard, kind.country)
        if key not in judged:
            judged[key] = judge(law, facts, country=facts.country, at=noon, known_at=known_at).verdict
        return judged[key]

    return would


def _facts(kind: Kind) -> Facts | None:
    """None: too little is known of it."""
    if not (kind.fuel and kind.category and kind.country):
        return None
    fields: dict[str, Any] = {name: getattr(kind, name) or None for name in ("n1_class", "standard")}
    return Facts(country=kind.country, category=cast(Any, kind.category), fuel=cast(Any, kind.fuel), **fields)


def law_stretches(law: LawBook, first: date, last: date, known_at: datetime) -> Iterator[tuple[date, date]]:
    """The days, in stretches within which the law as known then says the same."""
    known = law.local_day(known_at)
    stated = (*law.cells, *law.exemptions, *law.foreign)
    periods = [one.valid for one in stated if known in one.known]
    cuts = {period.first for period in periods} | {period.last + DAY for period in periods if period.last < date.max}
    free = [day for day in _days(first, last) if (day.month, day.day) in law.free_days]
    cuts |= {law.begins, *free, *(day + DAY for day in free)}
    starts = [first, *sorted(cut for cut in cuts if first < cut <= last)]
    return zip(starts, [*(start - DAY for start in starts[1:]), last], strict=True)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + number * DAY for number in range((last - first).days + 1))


# ---- the effect ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Hour:
    """Passages at one hour of the day, or in all."""

    passages: int = 0
    barred: int = 0
    """By the verdicts as they were taken."""
    would_be_barred: int = 0

    def add(self, passages: int, *, barred: bool, would: bool) -> None:
        """Passages of one kind."""
        self.passages += passages
        self.barred += passages * barred
        self.would_be_barred += passages * would


@dataclass(slots=True)
class Effect:
    """What a law would mean."""

    hours: defaultdict[int, Hour] = field(default_factory=lambda: defaultdict(Hour))
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Verdict as it was taken, as it would be → passages that change."""
    vehicles: int = 0
    """Different ones, as far as their plates are still held."""
    vehicles_newly_barred: int = 0
    """Of these, compliant until now."""
    nameless_passages: int = 0
    """Of vehicles that cannot be counted any more."""

    def total(self) -> Hour:
        """Of all hours."""
        whole = Hour()
        for hour in self.hours.values():
            whole.passages += hour.passages
            whole.barred += hour.barred
            whole.would_be_barred += hour.would_be_barred
        return whole

    def add(self, would: Law, passages: Iterable[KindPassages], vehicles: Iterable[KindVehicles]) -> None:
        """What this law would mean for these."""
        for one in passages:
            then = would(one, one.verdict)
            self.hours[one.hour_of_day].add(one.passages, barred=one.verdict in BARRED, would=then in BARRED)
            if then != one.verdict:
                self.verdicts[one.verdict, then] += one.passages
        for kind in vehicles:
            self.vehicles += kind.vehicles
            self.nameless_passages += kind.nameless_passages
            if would(kind, "compliant") in BARRED:
                self.vehicles_newly_barred += kind.compliant_vehicles
