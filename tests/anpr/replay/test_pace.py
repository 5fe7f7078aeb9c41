"""The time of playing, by a clock that is turned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.cli.replay.desk import FASTEST
from anpr.replay.faults import ReplayRefused
from anpr.replay.pace import Pace, speed_of


@dataclass
class Turned:
    at: float = 100.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@given(st.floats(0.5, 100), st.lists(st.integers(0, 600_000), min_size=1, max_size=20))
def test_messages_are_as_far_apart_as_they_were_by_the_speed(speed: float, after_ms: list[int]) -> None:
    clock = Turned()
    pace, first = Pace(speed, clock, lambda: False), min(after_ms)
    for stamp_ms in sorted(after_ms):
        pace.wait(stamp_ms, lambda: None)
        assert clock.at == pytest.approx(100 + (stamp_ms - first) / 1000 / speed, abs=1e-3)
    assert pace.most_behind_s < 1e-3


def test_as_fast_as_possible_waits_for_nothing() -> None:
    clock = Turned()
    pace = Pace(None, clock, lambda: False)
    for stamp_ms in (0, 3_600_000):
        pace.wait(stamp_ms, lambda: None)
    assert clock.at == 100.0


def test_who_is_late_says_by_how_much() -> None:
    clock = Turned()
    pace = Pace(1.0, clock, lambda: False)
    pace.wait(0, lambda: None)
    clock.at += 7
    pace.wait(2_000, lambda: None)
    assert (pace.most_behind_s, clock.at) == (5.0, 107.0)


def test_a_long_wait_ends_when_told_to_stop_and_looks_after_the_rest() -> None:
    clock, tended = Turned(), []
    pace = Pace(1.0, clock, lambda: len(tended) == 3)
    pace.wait(0, lambda: None)
    pace.wait(3_600_000, lambda: tended.append(clock.at))
    assert clock.at < 102


@pytest.mark.parametrize(("text", "speed"), [("1", 1.0), ("0.5", 0.5), ("250", 250.0), ("max", None)])
def test_speeds_as_typed(text: str, speed: float | None) -> None:
    assert speed_of(text, ReplayRefused, most=FASTEST) == speed


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", ""])
def test_what_is_no_speed_is_told(text: str) -> None:
    with pytest.raises(ReplayRefused, match="is no speed"):
        speed_of(text, ReplayRefused, most=FASTEST)
