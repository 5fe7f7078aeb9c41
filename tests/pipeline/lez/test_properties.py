"""What is true of the law whatever comes in."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.lez.enforcement import enforce
from pipeline.lez.facts import Facts
from pipeline.lez.grounds import load_grounds
from pipeline.lez.judge import judge
from pipeline.lez.judgement import History
from pipeline.lez.loading import load_law, zones
from pipeline.lez.periods import add_months
from pipeline.lez.rights import Rights
from pipeline.lez.sentences import LANGUAGES
from pipeline.lez.standards import STANDARDS
from schemas.lez import Category, Fuel, N1Class, VerdictKind
from tests.pipeline.lez.builders import TODAY, car, day_pass, follows, judged, permit

END = datetime.max.replace(tzinfo=UTC)
middle = st.integers(0, 21 * 365 * 86_400).map(lambda second: datetime(2016, 1, 1, tzinfo=UTC) + timedelta(0, second))
moments = st.one_of(
    middle,
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from([datetime.min.replace(tzinfo=UTC), END]),
)
grounds = st.lists(st.sampled_from([*load_grounds(), "moon_shine"]), max_size=2).map(tuple)
vehicles = st.builds(
    Facts,
    country=st.sampled_from(["BE", "FR", "NL", "GB"]),
    category=st.sampled_from(get_args(Category)),
    fuel=st.sampled_from(get_args(Fuel)),
    n1_class=st.sampled_from([None, *get_args(N1Class)]),
    body_code=st.sampled_from(["", "BC", "AF"]),
    standard=st.sampled_from([None, *STANDARDS]),
    first_registered=st.one_of(st.none(), st.dates(), st.dates(date(1985, 1, 1), date(2026, 11, 1))),
    exemptions=grounds,
)
near = st.dates(date(2017, 1, 1), date(2035, 12, 31))
passes = st.builds(
    day_pass,
    near,
    zone=st.sampled_from(zones()),
    cancelled=st.booleans(),
    bought_at=middle,
)
permits = st.builds(
    permit,
    st.sampled_from(list(load_grounds())),
    near,
    zone=st.sampled_from(zones()),
    cancelled=st.booleans(),
    until_day=st.one_of(st.none(), near),
)
asked = st.fixed_dictionaries(
    {
        "facts": st.one_of(st.none(), vehicles),
        "country": st.sampled_from([None, "BE", "FR", "NL"]),
        "at": moments,
        "known_at": moments,
        "sure": st.booleans(),
        "ambiguous": st.booleans(),
    }
)
rights = st.builds(Rights, st.lists(passes, max_size=3).map(tuple), st.lists(permits, max_size=3).map(tuple))


@given(st.sampled_from(zones()), asked, rights)
@settings(max_examples=150)
def test_every_question_has_exactly_one_verdict_which_says_why(zone: str, about: dict[str, Any], held: Rights) -> None:
    law = load_law(zone)
    found, again = (judge(law, rights=held, **about) for _ in range(2))
    assert found == again
    assert found.verdict in get_args(VerdictKind)
    assert found.rule.startswith(f"{zone}:")
    assert len(found.rule) <= 128
    due = enforce(law, found, History(), about["at"], about["known_at"])
    for language in LANGUAGES:
        said = found.reason(language) + (due.note.in_(language) if due.note else "")
        assert said.strip()
        assert not set("{}") & set(said)
    assert due.action == "none" or found.verdict in {"non_compliant", "unregistered"}
    assert (due.action == "fine") == (due.fine_eur is not None or due.fine_gbp is not None)
    assert (found.if_sure is not None) == (found.rule == f"{zone}:doubtful_read")


def _better(one: str, other: str) -> bool:
    """What may become of a verdict by a right."""
    return one == other or (other in {"non_compliant", "unregistered"} and one in {"pass", "exempt"})


@given(st.sampled_from(zones()), asked, rights)
@settings(max_examples=100)
def test_rights_only_ever_help(zone: str, about: dict[str, Any], held: Rights) -> None:
    about = about | {"sure": True, "ambiguous": False}
    law = load_law(zone)
    without, having = judge(law, **about), judge(law, rights=held, **about)
    assert _better(having.verdict, without.verdict)
    fewer = judge(law, rights=Rights(held.passes[1:], held.permits[1:]), **about)
    assert _better(having.verdict, fewer.verdict) or {having.verdict, fewer.verdict} == {"pass", "exempt"}


@given(st.sampled_from(zones()), asked)
@settings(max_examples=60)
def test_a_doubtful_read_hides_nothing_and_leads_to_nothing(zone: str, about: dict[str, Any]) -> None:
    about.pop("sure")
    law = load_law(zone)
    sure, doubtful = judge(law, **about), judge(law, sure=False, **about)
    assert (doubtful.if_sure or doubtful.verdict) == sure.verdict
    assert enforce(law, doubtful, History(), about["at"], about["known_at"]).action == "none"


WORSE = {"outside": 0, "allowed": 0, "banned": 1}


@pytest.mark.parametrize("zone", zones())
def test_who_is_cleaner_is_never_worse_off(zone: str) -> None:
    """Of every vehicle, on the first day of every rule, as known on the first day of every text."""
    law = load_law(zone)
    days = {cell.valid.first for cell in law.cells} | {date(2026, 11, 26), date.max}
    faults = []
    for subject in law.subjects:
        for known in {cell.known.first for cell in law.cells if cell.subject == subject}:
            for day in (each for each in days if each >= law.begins):
                told = [law.cell(subject, each, day, known).access for each in STANDARDS]
                read = [WORSE[access] for access in told if access != "unread"]
                if read != sorted(read, reverse=True):
                    faults.append((subject, day, known, told))
    assert not faults


@given(vehicles, vehicles, near)
@settings(max_examples=60)
def test_verdicts_are_monotone_in_the_standard(one: Facts, other: Facts, day: date) -> None:
    """The decision as the law: with all else the same."""
    both = [Facts("BE", one.category, one.fuel, one.n1_class, "", each.standard) for each in (one, other)]
    if None not in {each.standard for each in both}:
        dirty, clean = sorted(both, key=lambda each: STANDARDS.index(each.standard or "0"))
        found = judged(clean, day).verdict, judged(dirty, day).verdict
        assert "unknown" in found or found[0] != "non_compliant" or found[1] == "non_compliant"


@given(st.dates(date(1985, 1, 1), date(2026, 1, 1)), st.integers(0, 4000), near)
@settings(max_examples=60)
def test_who_is_younger_is_never_worse_off_where_the_age_decides(first: date, days: int, day: date) -> None:
    later = min(first + timedelta(days), date(2026, 1, 1))
    old, young = (judged(car("diesel", None, first_registered=each), day) for each in (first, later))
    assert old.verdict == "non_compliant" or young.verdict != "non_compliant"


# ---- enforcement over time -------------------------------------------------------------------------------------------


def _lived(zone: str, facts: Facts | None, days: Sequence[date]) -> tuple[list[date], list[date], list[int]]:
    """Warnings, fines and their amounts of a vehicle that passes on these days."""
    warned: list[date] = []
    fined: list[date] = []
    sums: list[int] = []
    for day in sorted(days):
        found = judged(facts, day, zone=zone, country="BE" if facts else "FR", known=TODAY)
        due = follows(found, day, zone=zone, warned=map(str, warned), fined=map(str, fined))
        if due.action == "warning":
            warned.append(day)
        elif due.action == "fine":
            fined.append(day)
            sums.append(due.fine_eur or due.fine_gbp or 0)
    return warned, fined, sums


lives = st.lists(st.dates(date(2025, 6, 1), date(2029, 1, 1)), min_size=1, max_size=40)


@given(lives, st.sampled_from(["2", "4", "5", None]))
@settings(max_examples=40, deadline=None)
def test_in_brussels_there_are_three_months_between_fines_and_after_the_warning(
    days: list[date], standard: str | None
) -> None:
    warned, fined, sums = _lived("brussels", None if standard is None else car("diesel", standard), days)
    assert set(sums) <= {350, 150}
    for one, following in itertools.pairwise(fined):
        assert following >= add_months(one, 3)
    for year in {day.year for day in fined}:
        assert sum(day.year == year for day in fined) <= 4
    if standard == "5" and (warned or fined):
        assert warned[0] >= date(2026, 1, 1)
        assert all(day >= add_months(warned[0], 3) for day in fined)
        seen = [day for day in days if day >= add_months(warned[0], 3)]
        assert bool(seen) == bool(fined)
    if standard in {"2", "4", None}:
        assert not warned


@given(lives, st.sampled_from(["antwerp", "ghent", "london"]))
@settings(max_examples=30, deadline=None)
def test_elsewhere_there_is_one_a_day_at_most(days: list[date], zone: str) -> None:
    _, fined, sums = _lived(zone, car("diesel", "3"), [*days, *days])
    assert (
        len(fined)
        == len(set(fined))
        == len(set(days) - {date(y, 12, 25) for y in range(2025, 2030) if zone == "london"})
    )
    if zone == "london":
        assert set(sums) <= {180}
    else:
        for number, day in enumerate(fined):
            before = sum(day <= add_months(each, 12) for each in fined[:number])
            assert sums[number] == (150, 250, 350)[min(before, 2)]


@given(st.lists(st.dates(), max_size=4), st.lists(st.dates(), max_size=4), moments, st.sampled_from(zones()))
@settings(max_examples=60)
def test_any_past_whatever_can_be_told(warned: list[date], fined: list[date], at: datetime, zone: str) -> None:
    law = load_law(zone)
    for facts in (car("diesel", "5"), None):
        found = judge(law, facts, country="FR", at=at, known_at=TODAY)
        past = History((*warned, date.max), (*fined, date.min, date.max))
        assert enforce(law, found, past, at, TODAY).action in {"none", "warning", "fine"}
