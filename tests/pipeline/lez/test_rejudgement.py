"""A verdict taken again from what it tells itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.lez.enforcement import enforce
from pipeline.lez.facts import Facts
from pipeline.lez.grounds import load_grounds
from pipeline.lez.judge import judge
from pipeline.lez.judgement import History
from pipeline.lez.loading import load_law, zones
from pipeline.lez.rejudgement import Rejudge, confirmed, facts_in, is_offence
from pipeline.lez.rights import NO_RIGHTS, Rights
from pipeline.lez.standards import STANDARDS
from pipeline.lez.verdict_parts import fields_of_law
from schemas.codec import changed, compiled, decoder, encode
from schemas.lez import Category, Fuel, LezPass, LezVerdict, N1Class, Permit

VerdictRecord, PassRecord, PermitRecord = compiled(LezVerdict), compiled(LezPass), compiled(Permit)
LAWS = {zone: load_law(zone) for zone in zones()}
DIESEL_5 = Facts("BE", "M1", "diesel", standard="5", euro=5)
BEFORE_COURT, AFTER_COURT = datetime(2025, 6, 1, 10, tzinfo=UTC), datetime(2025, 12, 15, 10, tzinfo=UTC)


def taken(
    facts: Facts | None,
    at: datetime,
    known_at: datetime | None = None,
    *,
    zone: str = "brussels",
    country: str | None = "BE",
    rights: Rights = NO_RIGHTS,
    sure: bool = True,
    two: bool = False,
) -> LezVerdict:
    """A verdict as the stage takes it."""
    law, known = LAWS[zone], known_at or at
    found = judge(law, facts, country=country, rights=rights, at=at, known_at=known, sure=sure, ambiguous=two)
    fields = fields_of_law(found, enforce(law, found, History(), at, known), facts, country=country, sure=sure)
    own: dict[str, Any] = {"verdict_id": UUID(int=1), "passage_id": UUID(int=2), "revision": 3, "plate": "1ABC234"}
    return VerdictRecord(zone=zone, camera_id="cam-1", captured_at=at, known_at=known, **own, **fields)


def again(verdict: LezVerdict, known_at: datetime, rights: Rights = NO_RIGHTS) -> LezVerdict:
    """As known at another moment."""
    return Rejudge(LAWS[verdict.zone], known_at)(verdict, lambda: rights)


def day_pass(day: date, **changes: Any) -> LezPass:
    """Bought at noon UTC of its day."""
    bought_at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    fields: dict[str, Any] = {"pass_id": UUID(int=day.toordinal()), "plate": "1ABC234", "zone": "brussels"}
    return PassRecord(**fields | {"day": day, "bought_at": bought_at} | changes)


def test_what_a_court_annuls_was_never_there() -> None:
    before = taken(DIESEL_5, BEFORE_COURT)
    after = again(before, AFTER_COURT)
    assert (before.verdict, before.action) == ("compliant", "none")
    assert (after.verdict, after.action, after.cause) == ("non_compliant", "none", "rejudgement")
    assert (after.verdict_id, after.revision, after.captured_at) == (before.verdict_id, 3, before.captured_at)
    assert after.known_at == AFTER_COURT
    assert Rejudge(LAWS["brussels"], AFTER_COURT).change(before) == after
    assert not is_offence(after)  # tolerated: nothing may follow


def test_a_fine_falls_with_its_law() -> None:
    before = taken(DIESEL_5, BEFORE_COURT, datetime(2024, 10, 10, tzinfo=UTC))
    after = again(before, datetime(2025, 4, 1, tzinfo=UTC))
    assert (before.action, before.fine_eur, is_offence(before)) == ("fine", 350, True)
    assert (after.verdict, after.action, after.fine_eur, is_offence(after)) == ("compliant", "none", None, False)


def test_a_pass_that_was_bought_in_the_evening_is_known_the_day_after() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    before = taken(Facts("BE", "M1", "diesel", standard="4"), at)
    rights = Rights((day_pass(date(2026, 3, 2)),))
    assert again(before, at, rights).verdict == "non_compliant"
    assert again(before, at + timedelta(days=1), rights).verdict == "pass"


@pytest.mark.parametrize("sure", [True, False])
def test_a_doubtful_read_stays_doubtful_until_a_person_has_compared_it(sure: bool) -> None:
    before = taken(Facts("BE", "M1", "diesel", standard="4"), datetime(2026, 3, 2, 9, tzinfo=UTC), sure=sure)
    after = again(before, datetime(2026, 6, 1, tzinfo=UTC))
    assert (after.doubtful, after.if_sure) == (not sure, None if sure else "non_compliant")
    seen = confirmed(LAWS["brussels"], before, NO_RIGHTS, datetime(2026, 3, 3, tzinfo=UTC), "peeters")
    assert (seen.verdict, seen.doubtful, seen.cause, seen.confirmed_by) == (
        "non_compliant",
        False,
        "confirmation",
        "peeters",
    )
    assert again(seen, datetime(2026, 6, 1, tzinfo=UTC)).confirmed_by == "peeters"  # nobody need compare it again


def test_a_plate_of_two_countries_stays_unknown() -> None:
    before = taken(None, datetime(2026, 3, 2, 9, tzinfo=UTC), country="FR", two=True)
    assert again(before, datetime(2026, 6, 1, tzinfo=UTC)).rule == before.rule == "brussels:two_countries"


@pytest.mark.parametrize("standard", ["6", "6d"])
def test_of_an_exempt_vehicle_the_standard_is_not_lost(standard: Any) -> None:
    facts = Facts("BE", "M1", "diesel", standard=standard, exemptions=("priority",), euro=6)
    assert facts_in(taken(facts, datetime(2026, 3, 2, tzinfo=UTC))) == facts


days = st.dates(date(2018, 1, 1), date(2031, 12, 31))
moments = st.builds(
    lambda day, second: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second),
    days,
    st.integers(0, 86_399),
)


@st.composite
def vehicles(draw: st.DrawFn) -> Facts:
    category = draw(st.sampled_from(get_args(Category)))
    n1_class = draw(st.sampled_from((None, *get_args(N1Class)))) if category == "N1" else None
    standard = draw(st.sampled_from((None, *STANDARDS)))
    return Facts(
        country=draw(st.sampled_from(("BE", "NL", "FR", "GB"))),
        category=category,
        fuel=draw(st.sampled_from(get_args(Fuel))),
        n1_class=n1_class,
        body_code=draw(st.sampled_from(("", "BC"))),
        standard=standard,
        first_registered=draw(st.none() | st.dates(date(1930, 1, 1), date(2017, 12, 31))),
        exemptions=tuple(draw(st.lists(st.sampled_from((*load_grounds(), "strange")), max_size=2, unique=True))),
        euro=None if standard is None else int(standard[0]),
    )


@st.composite
def rights_of(draw: st.DrawFn, zone: str, at: datetime) -> Rights:
    day = at.date() - timedelta(days=draw(st.integers(0, 1)))
    bought_at = draw(moments)
    granted = PermitRecord(
        permit_id=UUID(int=1),
        zone=zone,
        ground=draw(st.sampled_from(tuple(load_grounds()))),
        from_day=at.date() - timedelta(days=3),
        decided_at=bought_at,
    )
    passes = (day_pass(day, zone=zone, bought_at=bought_at),) if draw(st.booleans()) else ()
    return Rights(passes, (granted,) if draw(st.booleans()) else ())


@st.composite
def taken_verdicts(draw: st.DrawFn) -> tuple[LezVerdict, Rights]:
    zone, at, known_at = draw(st.sampled_from(sorted(LAWS))), draw(moments), draw(moments)
    rights = draw(rights_of(zone, at))
    facts, country = draw(st.none() | vehicles()), draw(st.sampled_from((None, "BE", "NL", "FR", "GB")))
    two = facts is None and draw(st.booleans())
    verdict = taken(facts, at, known_at, zone=zone, country=country, rights=rights, sure=draw(st.booleans()), two=two)
    # As it comes back from the topic: nothing that is not told counts.
    return decoder(LezVerdict)(encode(verdict)), rights


@given(taken_verdicts())
def test_taken_again_as_it_was_known_it_is_the_same(drawn: tuple[LezVerdict, Rights]) -> None:
    verdict, rights = drawn
    same = again(verdict, verdict.known_at, rights)
    assert changed(same, cause=verdict.cause) == verdict


@given(taken_verdicts(), moments)
def test_twice_is_once(drawn: tuple[LezVerdict, Rights], known_at: datetime) -> None:
    verdict, rights = drawn
    once = again(verdict, known_at, rights)
    twice = again(once, known_at, rights)
    assert twice == once
    assert Rejudge(LAWS[once.zone], known_at).change(once, lambda: rights) is None


@given(taken_verdicts(), taken_verdicts(), moments)
def test_many_at_once_are_judged_as_each_alone(
    one: tuple[LezVerdict, Rights], other: tuple[LezVerdict, Rights], known_at: datetime
) -> None:
    second = changed(other[0], zone=one[0].zone)
    rejudge = Rejudge(LAWS[one[0].zone], known_at)
    rejudge(one[0], lambda: one[1])
    assert rejudge(second, lambda: other[1]) == again(second, known_at, other[1])


@given(taken_verdicts(), moments, moments)
def test_what_was_known_between_leaves_no_trace(
    drawn: tuple[LezVerdict, Rights], between: datetime, known_at: datetime
) -> None:
    verdict, rights = drawn
    law = LAWS[verdict.zone]
    # Of a plate of two countries the verdict says so only where there was a law to ask.
    assume(all(law.local_day(moment) >= law.known_from for moment in (verdict.known_at, between)))
    assert again(again(verdict, between, rights), known_at, rights) == again(verdict, known_at, rights)
