"""Passages per true passing: 1.00, with truth."""

from __future__ import annotations

import pytest

from anpr.bench.passages import rendered_passings, simulated_passings
from pipeline.vision.engines import load_engine


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "fps"), [(1, 4.0), (2, 8.0), (3, 5.0)])
def test_simulated_passings_are_one_passage_each(seed: int, fps: float) -> None:
    figures = simulated_passings(1000, seed=seed, fps=fps)
    assert figures["true_passings"] >= 990
    assert figures["passages_per_passing"] == pytest.approx(1.0, abs=0.01)
    assert figures["duplicates"] <= 5
    assert figures["merged"] <= 5
    assert figures["wrong_plate"] <= 0.01 * figures["passages"]
    assert figures["wrong_but_sure"] == 0
    assert figures["most_revisions"] <= 14


def test_at_two_frames_a_second_it_holds_as_well() -> None:
    figures = simulated_passings(1000, seed=4, fps=2.0)
    assert figures["passages_per_passing"] == pytest.approx(1.0, abs=0.01)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_rendered_passings_are_one_passage_each() -> None:
    figures = rendered_passings(12, load_engine(), seed=1)
    assert figures["passages_per_passing"] == 1.0
    assert (figures["duplicates"], figures["merged"], figures["missed"]) == (0, 0, 0)
