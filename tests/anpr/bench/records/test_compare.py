"""Two records compared: what is a regression, what is noise, what does not compare at all."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.bench.records.compare import DEFAULT_NOISE, compare, judged, noise
from anpr.bench.records.record import Record
from anpr.bench.records.targets import Better
from anpr.settings import SettingsFault

AT, SETTINGS = "2026-11-26T10:00:00+00:00", {"seconds": 20}
MACHINE = {"cpu": "Testium 9", "cores": 2, "memory_gb": 25.3, "busy": False}
FIGURE = st.floats(0.01, 1e6)
ROUNDS = st.lists(FIGURE, min_size=1, max_size=6)
WAY: st.SearchStrategy[Better] = st.sampled_from(("more", "less"))
OPPOSITE = {"better": "worse", "worse": "better", "same": "same"}


def record(figures: dict[str, Any], rounds: dict[str, list[float]] | None = None, **changes: Any) -> Record:
    made = Record(
        "pipeline", "2026-11-26T10:00:00+00:00", "abc", False, MACHINE, {}, {"seconds": 20}, figures, rounds or {}
    )
    return replace(made, **changes)


@given(ROUNDS, WAY)
def test_what_did_not_change_is_the_same(values: list[float], way: Better) -> None:
    assert judged(values, values, way)[2] == "same"


@given(ROUNDS, ROUNDS, WAY)
def test_seen_from_the_other_side_the_verdict_is_the_opposite(a: list[float], b: list[float], way: Better) -> None:
    there, back = judged(a, b, way), judged(b, a, way)
    assert back[2] == OPPOSITE[there[2]]
    assert back[0] == pytest.approx(1 / there[0])
    assert back[1] == there[1], "noise has no side"


@given(ROUNDS, ROUNDS, WAY, st.floats(0.01, 100))
def test_the_unit_does_not_matter(a: list[float], b: list[float], way: Better, unit: float) -> None:
    ratio, uncertain, _ = judged(a, b, way)
    scaled = judged([unit * value for value in a], [unit * value for value in b], way)
    assert scaled[:2] == pytest.approx((ratio, uncertain))


@given(ROUNDS, ROUNDS)
def test_more_of_one_is_less_of_the_other(a: list[float], b: list[float]) -> None:
    assert judged(a, b, "less")[2] == OPPOSITE[judged(a, b, "more")[2]]


@given(st.lists(FIGURE, min_size=2, max_size=6), ROUNDS, WAY)
def test_a_change_within_the_spread_of_either_side_is_none(a: list[float], b: list[float], way: Better) -> None:
    ratio, uncertain, verdict = judged(a, b, way)
    assert (verdict == "same") == (abs(math.log(ratio)) <= math.log1p(uncertain) + 1e-12)
    assert uncertain >= noise(a) - 1e-12


def test_without_repetitions_a_fifth_is_noise() -> None:
    assert noise([30_000.0], [10.0]) == DEFAULT_NOISE
    assert judged([100.0], [84.0], "more")[2] == "same"
    assert judged([100.0], [80.0], "more")[2] == "worse"
    assert judged([100.0], [125.0], "more")[2] == "better"


def test_rounds_that_agree_show_a_small_change() -> None:
    old = record({"reads_per_s": 30_000}, {"reads_per_s": [29_900, 30_000, 30_100]})
    new = record({"reads_per_s": 28_500}, {"reads_per_s": [28_400, 28_500, 28_600]})
    (change,) = compare([old], [new])
    assert (change.figure, change.verdict, change.repeated) == ("reads_per_s", "worse", True)
    assert change.ratio == pytest.approx(0.95)
    wide = replace(new, rounds={"reads_per_s": [24_000, 28_500, 33_000]})
    assert compare([old], [wide])[0].verdict == "same"


def test_groups_of_records_are_repetitions_of_each_other() -> None:
    old = [record({"read_to_hit_ms": {"p99": value}}) for value in (50.0, 51.0, 52.0)]
    new = [record({"read_to_hit_ms": {"p99": value}}) for value in (58.0, 57.0, 59.0)]
    (change,) = compare(old, new)
    assert (change.figure, change.before, change.after, change.verdict) == ("read_to_hit_ms.p99", 51.0, 58.0, "worse")


def test_loss_where_there_was_none_is_worse() -> None:
    old, new = record({"lost": 0, "duplicated": 0}), record({"lost": 3, "duplicated": 0})
    assert {change.figure: change.verdict for change in compare([old], [new])} == {
        "lost": "worse",
        "duplicated": "same",
    }


def test_what_only_tells_what_was_is_not_judged() -> None:
    old = record({"reads": 5, "read_to_hit_ms": {"hits": 10, "rate": 1000.0}, "cores_used_at_rate": {"match": 0.1}})
    assert compare([old], [old]) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"machine": {**MACHINE, "cpu": "Other"}}, "different machines"),
        ({"settings": {"seconds": 60}}, "different settings do not compare \\(seconds\\)"),
    ],
)
def test_others_do_not_compare_unless_asked(change: dict[str, Any], told: str) -> None:
    one = record({"reads_per_s": 1})
    other = replace(one, **change)
    with pytest.raises(SettingsFault, match=told):
        compare([one], [other])
    assert compare([one], [other], anyway=True)[0].verdict == "same"


def test_other_benchmarks_never_compare() -> None:
    one = record({"reads_per_s": 1})
    with pytest.raises(SettingsFault, match="different benchmarks"):
        compare([one], [replace(one, name="match")], anyway=True)
