"""What no car can do."""

from __future__ import annotations

import pytest

from pipeline.travel import CLOCK_SKEW_S, SLACK_M, least_kmh


def test_places_and_clocks_are_stretched_in_the_cars_favour() -> None:
    assert least_kmh(10_000 + SLACK_M, 100 - CLOCK_SKEW_S) == pytest.approx(360)
    assert least_kmh(SLACK_M, 0) == 0
    assert least_kmh(10, 0) == 0
