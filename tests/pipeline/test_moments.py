"""Moments at the ends of the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.moments import FIRST, LAST, later, moment_of
from tests.pipeline.builders import T0, ms


def test_within_the_calendar_it_is_the_sum() -> None:
    assert later(T0, timedelta(days=7)) == T0 + timedelta(days=7)
    assert later(T0, -timedelta(days=7)) == T0 - timedelta(days=7)
    assert moment_of(ms(T0)) == T0


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))])
def test_beyond_it_is_its_end(zone: timezone) -> None:
    assert later(datetime.max.replace(tzinfo=zone), timedelta(days=1)) == LAST
    assert later(datetime.min.replace(tzinfo=zone), -timedelta(days=1)) == FIRST
    for end in (FIRST, LAST):
        assert end.astimezone(zone) == end


@pytest.mark.parametrize(("stamp_ms", "end"), [(2**63 - 1, LAST), (2**62, LAST), (-(2**62), FIRST), (-(2**63), FIRST)])
def test_any_stamp_is_a_moment(stamp_ms: int, end: datetime) -> None:
    assert moment_of(stamp_ms) == end
