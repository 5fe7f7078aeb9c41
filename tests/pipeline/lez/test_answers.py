"""What is remembered of answers: the hours of a local day, and whether a first registration may decide."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.lez import days
from pipeline.lez.age import age_in_law, hangs_on_age
from pipeline.lez.days import LocalDays
from pipeline.lez.facts import Facts
from pipeline.lez.judge import judge
from pipeline.lez.loading import load_law, zones
from schemas.lez import Category, Fuel, N1Class, Standard

BRUSSELS = load_law("brussels")
IN_UTC = st.datetimes(timezones=st.just(UTC))
ODD_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=14)), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Europe/London")])


@given(st.lists(st.datetimes(timezones=ODD_ZONES), max_size=4), st.timedeltas(timedelta(0), timedelta(hours=2)))
def test_a_local_day_is_that_of_the_law_book(moments: list[datetime], later: timedelta) -> None:
    local = LocalDays(BRUSSELS)
    for moment in moments:
        assert local.of(moment) == BRUSSELS.local_day(moment)
        if moment < datetime.max.replace(tzinfo=UTC) - timedelta(days=2):
            assert local.of(moment + later) == BRUSSELS.local_day(moment + later)


@given(IN_UTC, st.floats(0, 1, exclude_max=True))
def test_all_moments_of_an_hour_that_is_told_are_of_one_day(moment: datetime, share: float) -> None:
    hour = LocalDays(BRUSSELS).hour_of(moment)
    if hour is not None:
        inside = hour[0] + share * (hour[1] - hour[0])
        assert BRUSSELS.local_day(inside) == BRUSSELS.local_day(moment)


@pytest.mark.parametrize("minute", [0, 14, 15, 59])
def test_where_midnight_is_not_at_the_full_hour_each_moment_is_looked_up(minute: int) -> None:
    """In Brussels before 1892, seventeen and a half minutes off."""
    moment = datetime(1880, 1, 1, 23, minute, tzinfo=UTC)
    local = LocalDays(BRUSSELS)
    assert local.hour_of(moment) is None
    assert [local.of(moment) for _ in range(2)] == [BRUSSELS.local_day(moment)] * 2


def test_hours_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "MOST_HOURS", 3)
    local, first = LocalDays(BRUSSELS), datetime(2026, 3, 1, tzinfo=UTC)
    told = [local.of(first + timedelta(hours=n)) for n in range(48)]
    assert told == [BRUSSELS.local_day(first + timedelta(hours=n)) for n in range(48)]


FACTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["BE", "NL", "GB"]),
        "category": st.sampled_from(get_args(Category)),
        "n1_class": st.sampled_from([None, *get_args(N1Class)]),
        "fuel": st.sampled_from(get_args(Fuel)),
        "standard": st.sampled_from([None, *get_args(Standard)]),
        "exemptions": st.sampled_from([(), ("oldtimer",), ("historic",), ("disabled_card",), ("of its own",)]),
        "body_code": st.sampled_from(["", "BC"]),
    }
)
DATES = st.sampled_from(
    [None, date(1900, 1, 1), date(1986, 3, 1), date(1996, 3, 1), date(2012, 1, 1), date(2025, 1, 1)]
)


@given(FACTS, st.sampled_from(zones()), DATES, DATES, st.integers(0, 20 * 365))
@settings(deadline=None, max_examples=300)
def test_where_the_age_is_said_not_to_decide_it_does_not(
    told: dict[str, Any], zone: str, one: date | None, other: date | None, days_on: int
) -> None:
    at, law = datetime(2018, 6, 1, tzinfo=UTC) + timedelta(days=days_on), load_law(zone)
    first, second = Facts(**told, first_registered=one), Facts(**told, first_registered=other)
    verdicts = [judge(law, facts, country="BE", at=at, known_at=at) for facts in (first, second)]
    assert hangs_on_age(law, first) == hangs_on_age(law, second)
    same = age_in_law(law, first, law.local_day(at)) == age_in_law(law, second, law.local_day(at))
    if same or not hangs_on_age(law, first):
        assert verdicts[0] == verdicts[1]


def test_of_usual_cars_it_does_not() -> None:
    assert not hangs_on_age(BRUSSELS, Facts(country="BE", category="M1", fuel="diesel", standard="5"))
    assert hangs_on_age(BRUSSELS, Facts(country="BE", category="M1", fuel="diesel"))
    assert hangs_on_age(
        BRUSSELS, Facts(country="BE", category="M1", fuel="diesel", standard="1", exemptions=("oldtimer",))
    )


@pytest.mark.parametrize(
    ("facts", "first", "second"),
    [  # on 1 May 2026: thirty years old that day and the day before; first registered the day after and the day before
        ({"fuel": "petrol", "standard": "0", "exemptions": ("oldtimer",)}, date(1996, 5, 1), date(1996, 4, 30)),
        ({"fuel": "diesel"}, date(2026, 5, 2), date(2026, 4, 30)),
    ],
)
def test_a_day_that_decides_is_told_apart(facts: dict[str, Any], first: date, second: date) -> None:
    at = datetime(2026, 5, 1, 10, tzinfo=UTC)
    both = [Facts(country="BE", category="M1", first_registered=day, **facts) for day in (first, second)]
    verdicts = [judge(BRUSSELS, one, country="BE", at=at, known_at=at).verdict for one in both]
    assert verdicts[0] != verdicts[1]
    assert age_in_law(BRUSSELS, both[0], date(2026, 5, 1)) != age_in_law(BRUSSELS, both[1], date(2026, 5, 1))
