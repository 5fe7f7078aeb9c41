"""What a text is if it is no plate."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.plates.catalogue import Shape, load_shapes
from pipeline.plates.writing import Writing, writing_of

WRITINGS = {
    "sign": ["TAXI", "T A X I", "ST0P", "BUS LIJN", "TAXI 4711", "ZONE 30", "www.taxi.be", "TAXI.BE", "12/05/2026"],
    "badge": ["AUDI", "QUATTRO", "4MOTION", "V0LVO"],
    "phone_number": ["0471/12.34.56", "+32 2 555 12 12", "0471123456", "0800 12345", "555121"],
    "number": ["12345", "2024", "70"],
    "word": ["BAKKERIJ", "ZOE", "POWERFUL"],
}
LOWER_CASE = ["Bakkerij", "Bäckerei 24", "restaurant", "Hotel", "e-bike 24h"]


@pytest.mark.parametrize(("writing", "text"), [(kind, text) for kind, texts in WRITINGS.items() for text in texts])
def test_what_is_written(writing: str, text: str) -> None:
    assert writing_of(text) == writing


@pytest.mark.parametrize("text", LOWER_CASE)
def test_no_plate_has_small_letters(text: str) -> None:
    assert writing_of(text) == "sign"


@pytest.mark.parametrize("text", ["1-ABC-234", "1-aBC-234", "8 417 cll", "GT-456-ZZ", "LUNA-1", "9-XYZ-999", "BUS123"])
def test_plates_and_their_misreadings_are_nothing_else(text: str) -> None:
    assert writing_of(text) is None


@pytest.mark.parametrize("shape", load_shapes(), ids=lambda shape: shape.id)
def test_letters_with_digits_of_a_known_shape_are_nothing_else(shape: Shape) -> None:
    mixed = [plate for plate in shape.valid if not plate.isdigit() and not plate.isalpha()]
    assert [plate for plate in mixed if writing_of(plate)] == []


def test_every_kind_is_made_to_happen() -> None:
    assert set(WRITINGS) == set(get_args(Writing))


@given(st.text(max_size=20) | st.text("ABO01-/:. e", max_size=12))
def test_any_text_is_answered(text: str) -> None:
    assert writing_of(text) in (None, *get_args(Writing))
