"""Two vehicles or a misread: Bayes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clones.judgement import assumptions, clock_odds, finding_of, side_wrong, two_vehicles
from tests.pipeline.clones.sightings import sighting

GIVEN = assumptions()
SHARES = st.floats(1e-9, 1)


def test_the_assumptions_are_shares_and_a_misread_is_likelier_than_a_twin() -> None:
    assert all(0 < share < 1 for share in GIVEN)
    assert GIVEN.twins < 0.001 * GIVEN.again


def test_by_hand() -> None:
    by_hand = GIVEN.twins * 0.99 * 0.98 / (GIVEN.twins * 0.99 * 0.98 + GIVEN.strangers * (0.01 + 0.02 - 0.0002))
    assert two_vehicles(0.01, 0.02, GIVEN) == pytest.approx(by_hand)
    assert two_vehicles(1, 0.1, GIVEN) == 0


@given(a=SHARES, b=SHARES, more=SHARES)
def test_the_likelier_a_misread_the_less_likely_two_vehicles(a: float, b: float, more: float) -> None:
    assert two_vehicles(max(a, more), b, GIVEN) <= two_vehicles(min(a, more), b, GIVEN)
    assert two_vehicles(a, b, GIVEN) == pytest.approx(two_vehicles(b, a, GIVEN))


def test_another_camera_that_read_the_same_counts_and_the_same_camera_does_not() -> None:
    one = sighting(0, 0, wrong=0.1)
    assert side_wrong([one], GIVEN) == 0.1
    assert side_wrong([one, sighting(0, 60, wrong=0.2)], GIVEN) == 0.1
    assert side_wrong([one, sighting(0, 60, wrong=0.05)], GIVEN) == 0.05
    assert side_wrong([one, sighting(1, 60, wrong=0.2)], GIVEN) == pytest.approx(0.1 * GIVEN.again)


def test_the_likeliest_two_of_three_sides_are_shown_by_their_first_pair() -> None:
    sure, misread, twin = sighting(0, 0), sighting(50, 1, wrong=0.5), sighting(100, 2)
    finding = finding_of([sure, misread, twin, sighting(0.1, 60)], GIVEN)
    assert finding is not None
    assert (finding.first, finding.second) == (sure, twin)
    assert len(finding.passages) == 3


def test_one_vehicle_is_no_finding() -> None:
    assert finding_of([], GIVEN) is None
    assert finding_of([sighting(0, 0), sighting(0.2, 1), sighting(1, 60)], GIVEN) is None


@pytest.mark.parametrize(
    ("misfits", "passages", "wrong"),
    [(0, 0, False), (1, 1, False), (1, 500, False), (2, 2, True), (2, 60, False), (3, 30, False), (8, 20, True)],
)
def test_many_that_do_not_fit_at_one_camera_are_its_clock(misfits: int, passages: int, wrong: bool) -> None:
    assert (clock_odds(misfits, passages, GIVEN) > 2.2) == wrong


@given(misfits=st.integers(0, 300), passages=st.integers(0, 100_000))
def test_each_passage_that_fits_speaks_for_the_clock(misfits: int, passages: int) -> None:
    assert clock_odds(misfits, passages + 1, GIVEN) <= clock_odds(misfits, passages, GIVEN) + 0.002
