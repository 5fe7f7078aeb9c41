"""The evaluator: by hand where the answer can be reckoned in the head, and what it does not know it refuses."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.deploy.alerts import recorded
from tests.deploy.evaluate import Recording, Unsupported, evaluate
from tests.deploy.recording import load_recording, save_recording, values_of

SERIES = {
    'c_total{flow="a",reason="x"}': "0+60x10",
    'c_total{flow="a",reason="y"}': "0+30x10",
    'c_total{flow="b",reason="x"}': "100 160 20 80 140 200 260 320 380 440 500",
    'g{flow="a"}': "5x10",
    'g{flow="b"}': "7 7 7 8 8 8 7 7 7 7 7",
    'h_bucket{le="1"}': "0+50x10",
    'h_bucket{le="2"}': "0+90x10",
    'h_bucket{le="+Inf"}': "0+100x10",
    'gone{flow="a"}': "1 1 _ _ _ _ _ _ _ _ _",
}


@pytest.fixture(scope="module")
def series() -> Recording:
    """Ten minutes."""
    return recorded(SERIES)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ('sum(rate(c_total{flow="a"}[5m]))', [1.5]),
        ('sum by (flow) (rate(c_total{reason="x",flow="a"}[5m]))', [1.0]),
        ('increase(c_total{flow="b"}[5m])', [300.0]),
        ("sum(g)", [12.0]),
        ("max by (flow) (g)", [5.0, 7.0]),
        ("avg(g)", [6.0]),
        ("count(g)", [2.0]),
        ("changes(g[10m])", [0.0, 2.0]),
        ("max_over_time(g[10m])", [5.0, 8.0]),
        ("g > 6", [7.0]),
        ("6 < g", [7.0]),
        ("g / on (flow) g", [1.0, 1.0]),
        ("1 - sum(g) / 24", [0.5]),
        ("-g", [-7.0, -5.0]),
        ("histogram_quantile(0.5, sum by (le) (rate(h_bucket[5m])))", [1.0]),
        ("histogram_quantile(0.7, sum by (le) (rate(h_bucket[5m])))", [1.5]),
        ("histogram_quantile(0.99, sum by (le) (rate(h_bucket[5m])))", [2.0]),
        ("gone", []),
        ("absent(gone)", [1.0]),
        ("absent(g)", []),
        ("gone or vector(0)", [0.0]),
        ('g and on (flow) c_total{reason="y"}', [5.0]),
        ('g unless on (flow) c_total{reason="y"}', [7.0]),
        ("time() - max(g)", [593.0]),
        ("g offset 5m", [5.0, 8.0]),
        ("clamp_max(g, 6)", [5.0, 6.0]),
    ],
)
def test_answer(series: Recording, expression: str, wanted: list[float]) -> None:
    assert sorted(one.value for one in evaluate(expression, series, 600)) == pytest.approx(wanted)


def test_a_counter_that_began_anew_never_falls(series: Recording) -> None:
    (found,) = evaluate('increase(c_total{flow="b"}[4m])', series, 240)
    assert found.value > 0


def test_a_histogram_without_a_value_has_no_quantile() -> None:
    still = recorded({'h_bucket{le="1"}': "3x10", 'h_bucket{le="+Inf"}': "3x10"})
    (found,) = evaluate("histogram_quantile(0.5, rate(h_bucket[5m]))", still, 600)
    assert math.isnan(found.value)


@pytest.mark.parametrize(
    "expression",
    ["topk(2, g)", "deriv(g[5m])", "rate(c_total[5m:1m])", "g + on (flow) group_right () g", "g @ 5", '{flow="a"}'],
)
def test_what_is_not_known_is_refused(series: Recording, expression: str) -> None:
    with pytest.raises((Unsupported, ValueError)):
        evaluate(expression, series, 600)


def test_two_series_for_one_are_refused(series: Recording) -> None:
    with pytest.raises(Unsupported, match="two series"):
        evaluate("g / on (flow) c_total", series, 600)


@given(st.lists(st.lists(st.floats(0, 1e6), min_size=11, max_size=11), min_size=1, max_size=5))
def test_a_sum_is_the_sum_of_its_groups(rows: list[list[float]]) -> None:
    recording = Recording()
    for number, row in enumerate(rows):
        grown = 0.0
        for minute, value in enumerate(row):
            grown += value
            recording.add({"__name__": "c", "flow": f"f{number % 2}", "n": str(number)}, minute * 60.0, grown)
    (total,) = evaluate("sum(rate(c[5m]))", recording, 600)
    groups = evaluate("sum by (flow) (rate(c[5m]))", recording, 600)
    assert total.value == pytest.approx(sum(one.value for one in groups))


def test_a_recording_is_read_as_it_was_written(series: Recording, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("recorded") / "series.gz"
    save_recording(path, series)
    assert load_recording(path).series == series.series


def test_notation_of_series() -> None:
    assert list(values_of("1 _ 2+3x2 -4x1 5-1x2")) == [1, None, 2, 5, 8, -4, -4, 5, 4, 3]
