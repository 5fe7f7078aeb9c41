"""Spans of days, the plane of law, and months."""

from __future__ import annotations

import calendar
import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.lez.periods import ALWAYS, Box, Period, PeriodFault, add_months, uncovered

FIRST = date(2025, 1, 1)
days = st.integers(0, 11).map(lambda number: FIRST + timedelta(days=number))
periods = st.tuples(days, days).map(lambda two: Period(min(two), max(two)))
boxes = st.builds(Box, periods, periods)


@pytest.mark.parametrize("text", ["2025-01-01/2026-12-31", "2026-01-01/..", "../2026-01-01", "../.."])
def test_a_period_is_written_as_it_is_read(text: str) -> None:
    assert str(Period.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2025-01-01", "is no period: write"),
        ("2025-01-01/2025-02-30", "2025-02-30"),
        ("2025-01-02/2025-01-01", "ends before it begins"),
        ("2025-1-1/..", "is no period"),
    ],
)
def test_what_is_no_period_is_refused(text: str, said: str) -> None:
    with pytest.raises(PeriodFault, match=said):
        Period.parse(text)


@given(st.lists(boxes, max_size=5), boxes)
@settings(max_examples=60)
def test_what_is_uncovered_is_found_and_only_that(told: list[Box], whole: Box) -> None:
    found = uncovered(told, whole)
    in_whole = [
        (day, known)
        for day, known in itertools.product((FIRST + timedelta(days=n) for n in range(12)), repeat=2)
        if whole.holds(day, known)
    ]
    silent = [point for point in in_whole if not any(box.holds(*point) for box in told)]
    assert (found is None) == (not silent)
    if found is not None:
        assert all(
            point in silent for point in itertools.product((found.valid.first, found.valid.last), (found.known.first,))
        )


@given(periods, periods)
@settings(max_examples=60)
def test_periods_overlap_where_they_share_a_day(one: Period, other: Period) -> None:
    shared = any(FIRST + timedelta(days=n) in one and FIRST + timedelta(days=n) in other for n in range(12))
    assert one.overlaps(other) == shared
    assert one.overlaps(ALWAYS)


@given(st.dates(), st.integers(0, 60))
@settings(max_examples=100)
def test_months_later_is_the_same_day_or_the_last_one_of_that_month(day: date, months: int) -> None:
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    last = calendar.monthrange(year, month)[1] if year <= 9999 else 31
    expected = date.max if year > 9999 else date(year, month, min(day.day, last))
    assert add_months(day, months) == expected
