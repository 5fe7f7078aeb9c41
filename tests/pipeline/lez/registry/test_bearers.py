"""Who bore a plate at a moment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lez.registry.bearers import NOBODY, UNDECIDED, Bearer, Holding, bearer_at, second_of
from pipeline.lez.registry.columns import ALWAYS, EVER

BELGIAN, EARLIER, FRENCH = Bearer(1), Bearer(2), Bearer(3)
HOLDINGS = st.builds(
    Holding,
    st.sampled_from([BELGIAN, EARLIER, FRENCH]),
    st.sampled_from(["BE", "FR"]),
    st.integers(0, 9),
    st.integers(0, 9),
)


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


@pytest.mark.parametrize(("second", "bearer"), [(99, EARLIER), (100, BELGIAN), (199, BELGIAN), (200, NOBODY)])
def test_a_plate_goes_from_one_vehicle_to_the_next_and_is_given_back(second: int, bearer: Bearer) -> None:
    held = [Holding(BELGIAN, "BE", 100, 200), Holding(EARLIER, "BE", EVER, 100)]
    assert bearer_at(held, "BE", at(second)) == bearer


@pytest.mark.parametrize(("country", "bearer"), [("BE", BELGIAN), ("FR", FRENCH), ("DE", UNDECIDED), (None, UNDECIDED)])
def test_of_two_countries_the_plate_decides(country: str | None, bearer: Bearer) -> None:
    held = [Holding(BELGIAN, "BE", EVER, ALWAYS), Holding(FRENCH, "FR", EVER, ALWAYS)]
    assert bearer_at(held, country, at(1)) == bearer


def test_a_guess_of_the_country_does_not_overrule_the_only_bearer() -> None:
    """It comes from the shape of the plate: that something is wrong is for the judge to say."""
    assert bearer_at([Holding(FRENCH, "FR", EVER, ALWAYS)], "BE", at(1)) == FRENCH


def test_of_two_at_once_in_one_country_the_later_holder_counts() -> None:
    held = [Holding(EARLIER, "BE", EVER, ALWAYS), Holding(BELGIAN, "BE", 50, ALWAYS)]
    assert bearer_at(held, "BE", at(60)) == BELGIAN
    assert bearer_at(held[:1] * 2 + [Holding(BELGIAN, "BE", EVER, ALWAYS)], "BE", at(60)) == EARLIER, "the first told"


@given(st.lists(HOLDINGS, max_size=4), st.sampled_from(["BE", "FR", "DE", None]), st.integers(0, 9))
def test_there_is_one_answer_and_it_held_the_plate_then(held: list[Holding], country: str | None, second: int) -> None:
    found = bearer_at(held, country, at(second))
    then = [one for one in held if one.since <= second < one.until]
    if found == NOBODY:
        assert not then
    elif found == UNDECIDED:
        assert len({one.country for one in then} - {country}) > 1
    else:
        assert found in {one.bearer for one in then}


@pytest.mark.parametrize(
    ("moment", "second"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 0, 1, 999_999, tzinfo=UTC), 1),
        (datetime(2026, 3, 2, tzinfo=UTC), 1_772_409_600),
        (datetime(9999, 12, 31, tzinfo=UTC), ALWAYS - 1),
    ],
)
def test_moments_are_told_apart_by_seconds_within_the_years_of_the_columns(moment: datetime, second: int) -> None:
    assert second_of(moment, 7) == second


def test_no_moment_is_what_it_stands_for() -> None:
    assert second_of(None, ALWAYS) == ALWAYS
