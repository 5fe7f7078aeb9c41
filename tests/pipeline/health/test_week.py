"""What is usual of an hour: little known is shared, much known is its own, and strange hours teach little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.health.week import CELLS, hour_of_week, learnt_hour, rescaled, usual
from schemas.health_file import Learnt

SATURDAY_NOON = 5 * 24 + 12


def taught(weeks: int, reads: dict[int, float], common: float = 1.0) -> Learnt:
    """These cells, so many weeks long."""
    learnt: Learnt | None = None
    for _ in range(weeks):
        for cell, count in sorted(reads.items()):
            learnt = learnt_hour(learnt, cell, count, common)
    assert learnt is not None
    return learnt


def test_the_week_follows_the_clock_on_the_wall() -> None:
    assert hour_of_week(datetime(2026, 10, 26, 7, tzinfo=UTC)) == 8  # Monday, winter
    assert hour_of_week(datetime(2026, 7, 27, 6, tzinfo=UTC)) == 8  # Monday, summer
    assert hour_of_week(datetime(2026, 10, 25, 23, tzinfo=UTC)) == 0


def test_nothing_is_usual_of_what_was_never_seen() -> None:
    assert usual(None, 8) is None
    assert usual(taught(1, {8: 100.0}), SATURDAY_NOON) is None


def test_one_day_says_what_the_next_is_like() -> None:
    found = usual(taught(1, {hour: 100.0 + hour for hour in range(24)}), 24 + 8)
    assert found is not None
    assert (found.own, round(found.reads)) == (0.0, 108)


def test_with_the_weeks_a_tuesday_becomes_a_tuesday() -> None:
    cells = {day * 24 + 8: 200.0 if day == 1 else 100.0 for day in range(5)}
    early, late = usual(taught(1, cells), 24 + 8), usual(taught(6, cells), 24 + 8)
    assert early is not None
    assert late is not None
    assert 140 < early.reads < late.reads
    assert late.reads > 180
    assert late.variance < early.variance


def test_a_holiday_hardly_teaches_and_a_first_weekend_does() -> None:
    usually = taught(4, {8: 100.0})
    after = usual(learnt_hour(usually, 8, 20.0, 0.2), 8)
    assert after is not None
    assert after.reads > 95
    weekend = usual(taught(1, {8: 100.0, SATURDAY_NOON: 20.0}, common=0.2), SATURDAY_NOON)
    assert weekend is not None
    assert weekend.reads == pytest.approx(20)


def test_what_was_off_for_long_is_usual_by_a_factor() -> None:
    found = usual(rescaled(taught(3, {8: 100.0}), 0.5), 8)
    assert found is not None
    assert found.reads == pytest.approx(50)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, CELLS - 1), st.integers(0, 5000), st.floats(0.05, 5)), max_size=40))
def test_whatever_comes_the_usual_lies_within_what_came(hours: list[tuple[int, int, float]]) -> None:
    learnt: Learnt | None = None
    for cell, reads, common in hours:
        learnt = learnt_hour(learnt, cell, reads, common)
    most = max((reads for _, reads, _ in hours), default=0)
    for cell in range(CELLS):
        found = usual(learnt, cell)
        assert found is None or (0 <= found.reads <= most * 1.001 + 1 and found.variance > 0)
    assert learnt is None or 0.02 <= learnt.spread <= 1.0


def test_the_spread_is_learnt() -> None:
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    calm = wild = None
    for hour in range(168 * 6):
        cell = hour_of_week(begin + timedelta(hours=hour))
        calm = learnt_hour(calm, cell, 1000 + 20 * (hour % 5), 1.0)
        wild = learnt_hour(wild, cell, (400, 700, 1000, 1400, 2000)[hour % 5], 1.0)
    assert calm is not None
    assert wild is not None
    assert calm.spread < 0.04
    assert wild.spread > 0.15
