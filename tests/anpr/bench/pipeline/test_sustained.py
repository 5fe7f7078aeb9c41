"""The sustained phase in figures, and how sweeps are asked for and told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.bench.pipeline.plan import MOST_VEHICLES, PipelineBench
from anpr.bench.pipeline.sustained import PARTS, Sample, sustained_figures
from anpr.bench.pipeline.sweep import Sweep, parse_sweep, slow_down
from anpr.settings import SettingsFault


def samples(rates: list[int], cost_s: float = 2e-5) -> list[Sample]:
    """A block a second: rows by second, so much processor time for each row in `match`, half of it in the feeder."""
    stored = [sum(rates[:number]) for number in range(len(rates) + 1)]
    return [Sample(100.0 + second, rows, _used(second, cost_s * rows)) for second, rows in enumerate(stored)]


def _used(second: int, spent_s: float) -> dict[str, float]:
    return {"match": spent_s, "feeder": spent_s / 2, "bench": 0.01, "machine": 1.5 * second, "stolen": 0.0}


def test_the_rate_is_from_block_to_block() -> None:
    found = sustained_figures(samples([20_000] * 10))
    assert found["reads_per_s"] == 20_000
    assert found["rounds"]["reads_per_s"] == [20_000] * PARTS
    assert found["cpu_s_per_million"] == 20.0, "of the product alone"
    assert found["cpu_s_per_million_by_process"] == {"match": 20.0, "feeder": 10.0}


def test_who_was_busy_is_told_with_all_others() -> None:
    used = sustained_figures(samples([20_000] * 10))["utilisation"]
    assert used["busy_cores"] == 1.5
    assert used["by_process"] == {"match": 0.4, "feeder": 0.2, "bench": 0.0}
    assert used["other_programs"] == pytest.approx(0.9)


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=40))
def test_parts_cover_the_phase(rates: list[int]) -> None:
    found = sustained_figures(samples(rates))
    parts = found["rounds"]["reads_per_s"]
    assert 1 <= len(parts) <= PARTS
    assert min(parts) - 1 <= found["reads_per_s"] <= max(parts) + 1


def test_a_sweep_is_a_name_and_at_least_two_values() -> None:
    assert parse_sweep("entries=0,3_000_000") == Sweep("entries", (0, 3_000_000))


@pytest.mark.parametrize("text", ["entries", "entries=5", "entries=1,x", "entries=5,5", "colour=1,2", ""])
def test_what_is_no_sweep_is_refused(text: str) -> None:
    with pytest.raises(SettingsFault, match="is not like cameras=450,10000"):
        parse_sweep(text)


def test_slow_down_is_told_by_round() -> None:
    assert slow_down([100, 200, 100], [110, 200, 120]) == {"median": 10.0, "least": 0.0, "most": 20.0}


def test_more_entries_than_plates_are_refused() -> None:
    PipelineBench(20, entries=MOST_VEHICLES - 1_000_000).check()
    with pytest.raises(SettingsFault, match="too many"):
        PipelineBench(20, entries=MOST_VEHICLES).check()
    with pytest.raises(SettingsFault, match="more than the"):
        PipelineBench(20, vehicles=2_000_000).check()
