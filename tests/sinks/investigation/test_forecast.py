"""Where a vehicle is seen next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.clickhouse.investigation.forecast import ELSEWHERE, NOT_SEEN, Moves, Next, forecast
from sinks.clickhouse.investigation.travel_times import bin_of


def _moves(to: str, *levels: int, minutes: float = 5) -> Moves:
    widest = levels[0]
    times = {bin_of(int(minutes * 60_000)): widest} if to != NOT_SEEN else {}
    return Moves(to, levels + (0,) * (4 - len(levels)), times)


def _by_name(found: list[Next]) -> dict[str, Next]:
    return {one.to_camera: one for one in found}


def test_shares_are_what_was_seen_where_only_the_widest_level_tells() -> None:
    found = _by_name(forecast([_moves("a", 60), _moves("b", 30), _moves(NOT_SEEN, 10)]))
    assert [found[name].probability for name in ("a", "b", NOT_SEEN)] == pytest.approx([0.6, 0.3, 0.1])


def test_much_seen_at_this_hour_outweighs_all_hours_and_little_does_not() -> None:
    often = forecast([_moves("a", 1000, 900, 800, 5), _moves("b", 1000, 900, 800, 995)])
    seldom = forecast([_moves("a", 1000, 900, 800, 0), _moves("b", 1000, 900, 800, 1)])
    assert _by_name(often)["b"].probability > 0.95
    assert _by_name(seldom)["b"].probability == pytest.approx(0.5, abs=0.03)


def test_a_direction_decides_where_the_others_do_not() -> None:
    found = _by_name(forecast([_moves("ahead", 500, 495), _moves("behind", 500, 5)]))
    assert found["ahead"].probability > 0.95


def test_what_is_overdue_shrinks_and_says_so() -> None:
    both = [_moves("near", 80, minutes=2), _moves("far", 20, minutes=30)]
    now, later = _by_name(forecast(both)), _by_name(forecast(both, elapsed_s=600))
    assert now["near"].probability == pytest.approx(0.8)
    assert later["near"].probability < 0.2
    assert later["far"].probability > 0.8
    assert (later["near"].overdue, later["far"].overdue) == (True, False)
    assert later["far"].p50_s == pytest.approx(1200, rel=0.15)


def test_after_an_hour_it_has_most_likely_stopped() -> None:
    found = forecast([_moves("a", 70), _moves(ELSEWHERE, 10), _moves(NOT_SEEN, 20)], elapsed_s=3600)
    assert found[0].to_camera == NOT_SEEN
    assert found[0].probability > 0.85


def test_nothing_learnt_gives_nothing() -> None:
    assert forecast([]) == []


LEVELS = st.lists(st.integers(0, 300), min_size=4, max_size=4).map(lambda counts: sorted(counts, reverse=True))
MANY = st.lists(st.tuples(LEVELS, st.floats(0.1, 60)), min_size=1, max_size=6).map(
    lambda rows: [_moves(f"cam-{n}", *levels, minutes=minutes) for n, (levels, minutes) in enumerate(rows)]
)


@given(MANY, st.floats(0, 8000))
def test_all_outcomes_together_are_certain(moves: list[Moves], elapsed_s: float) -> None:
    found = forecast(moves, elapsed_s)
    assert sum(one.probability for one in found) == pytest.approx(1)
    assert len(found) == len(moves)
    for one in found:
        times = [t for t in (one.p10_s, one.p50_s, one.p90_s) if t is not None]
        assert times == sorted(times)
        assert all(t >= -1e-6 for t in times)


@given(MANY, st.floats(0, 4000), st.floats(1, 4000))
def test_the_longer_nothing_is_seen_the_likelier_it_stopped(moves: list[Moves], elapsed_s: float, more: float) -> None:
    outcomes = [*moves, _moves(NOT_SEEN, 50, 50, 50, 50)]
    before = _by_name(forecast(outcomes, elapsed_s))[NOT_SEEN]
    after = _by_name(forecast(outcomes, elapsed_s + more))[NOT_SEEN]
    assert after.probability >= before.probability - 1e-9
