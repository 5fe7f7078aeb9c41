"""Travel times in bins: what quantiles and shares they give."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.clickhouse.investigation.travel_times import EDGES_MS, bin_of, quantile_s, share_after

TIMES_MS = st.lists(st.integers(0, 15_000_000), min_size=1, max_size=60)


def _binned(times_ms: list[int]) -> Counter[int]:
    return Counter(map(bin_of, times_ms))


def test_the_edges_stay_what_the_table_was_counted_by() -> None:
    assert (EDGES_MS[:3], EDGES_MS[-1], len(EDGES_MS)) == ((5000, 5750, 6613), 14_420_005, 58)


@given(st.integers(0, 20_000_000))
def test_a_time_lies_within_its_bin(ms: int) -> None:
    number = bin_of(ms)
    assert number == 0 or EDGES_MS[number - 1] <= ms
    assert number == len(EDGES_MS) or ms < EDGES_MS[number]


@given(TIMES_MS, st.sampled_from([0.1, 0.5, 0.9]))
def test_a_quantile_lies_within_a_bin_of_the_true_one(times_ms: list[int], share: float) -> None:
    true_s = sorted(times_ms)[max(0, -int(-share * len(times_ms) // 1) - 1)] / 1000
    found = quantile_s(_binned(times_ms), share)
    assert found is not None
    assert true_s / 1.16 - 5 <= found <= true_s * 1.16 + 5


@given(TIMES_MS, st.floats(0, 20_000), st.floats(0, 5_000))
def test_the_share_still_out_falls_with_time(times_ms: list[int], seconds: float, more: float) -> None:
    counts = _binned(times_ms)
    assert share_after(counts, 0) == pytest.approx(1)
    assert 0 <= share_after(counts, seconds + more) <= share_after(counts, seconds) <= 1 + 1e-9


@given(TIMES_MS, st.floats(0, 20_000), st.sampled_from([0.1, 0.5, 0.9]))
def test_who_is_still_out_arrives_later_than_now(times_ms: list[int], after_s: float, share: float) -> None:
    found = quantile_s(_binned(times_ms), share, after_s)
    assert found is None or found >= after_s - 1e-6
    assert (found is None) == (share_after(_binned(times_ms), after_s) == 0)


def test_nothing_is_known_of_no_times() -> None:
    assert quantile_s({}, 0.5) is None
    assert share_after({}, 10) == 1
