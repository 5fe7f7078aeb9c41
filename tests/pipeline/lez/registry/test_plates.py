"""Names of plates: one for each, the same one alone and among many, none for what is no plate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lez.registry.plates import MAX_LENGTH, NO_PLATE, name_of, names_of

PLATES = st.text("0ABZ91", min_size=1, max_size=MAX_LENGTH)
ANYTHING = st.text(max_size=14) | PLATES


@given(PLATES, PLATES)
def test_different_plates_have_different_names(one: str, other: str) -> None:
    assert (name_of(one) == name_of(other)) == (one == other)


@given(st.lists(ANYTHING, max_size=6))
def test_many_at_once_are_named_as_each_alone(texts: list[str]) -> None:
    assert names_of(texts).tolist() == [name_of(text) for text in texts]


@pytest.mark.parametrize(
    "text", ["", "1abc234", "1-ABC-234", "1ABC234\n", "1ABC 34", "1_2", "+1", "٣ABC", "1ABC234\0", "A" * 13, "\udcff"]
)
def test_what_is_no_plate_has_no_name(text: str) -> None:
    assert name_of(text) == NO_PLATE
    assert names_of([text, "1ABC234"]).tolist() == [NO_PLATE, name_of("1ABC234")]


@pytest.mark.parametrize("plate", ["0", "00", "Z" * MAX_LENGTH, "0" * MAX_LENGTH])
def test_the_first_and_the_last_plate_are_plates(plate: str) -> None:
    assert name_of(plate) != NO_PLATE
