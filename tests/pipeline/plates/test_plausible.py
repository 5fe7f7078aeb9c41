"""Plates from signs, by the text alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.plates.catalogue import Shape, load_shapes
from pipeline.plates.plausible import plausibility
from pipeline.plates.text import compact

PLATES = [
    "1-ABC-234",
    "ABC123",
    "K123BX",
    "AB-123-CD",
    "MÜ-AB 123",
    "YK12CDE",
    "CJ12XYZ",
    "RK755AJ",
    "WA12345",
    "BA 1234",
]
PERSONALISED = ["7-OKTOBR", "POWERFUL", "ZOE", "GEORGES", "JO-4-NA", "FANT0MAS", "F0 MAREK", "LUNA-1", "A-1"]
SIGNS = ["TAXI", "T A X I", "ST0P", "BUS LIJN", "POLICE", "POLITIE", "LEZ", "ZONE 30", "SCHOOL", "SORTIE", "TAXIVERTS"]
SIGNS += ["0471/12.34.56", "0471123456", "+32 2 555 12 12", "www.taxi.be", "taxi.be", "info@taxi.be", "12/05/2026"]
SIGNS += ["3,5t", "2.10 m", "50 km/h", "8:30-12:00", "7h30", "30", "120", "12345", "LIVRAISON", "€ 9,99", "AUDI", "TDI"]


@pytest.mark.parametrize("text", PLATES)
def test_plates_in_use_are_likely(text: str) -> None:
    assert plausibility(text) >= 0.9


@pytest.mark.parametrize("text", ["IABC234", "1ABC2B4", "1A0C234", "GBB0IB"])
def test_a_misread_plate_is_still_likely(text: str) -> None:
    assert 0.5 <= plausibility(text) < 0.95


@pytest.mark.parametrize("text", PERSONALISED)
def test_personalised_plates_may_stay(text: str) -> None:
    assert plausibility(text) >= 0.3


@pytest.mark.parametrize("text", SIGNS)
def test_signs_and_numbers_are_unlikely(text: str) -> None:
    assert plausibility(text) <= 0.1


@pytest.mark.parametrize("text", ["BUS123", "CAR-123", "TRAM12"])
def test_a_plate_that_spells_a_word_is_a_plate(text: str) -> None:
    assert plausibility(text) >= 0.5


def test_words_alone_are_low_but_not_nothing() -> None:
    assert 0 < plausibility("TAXI") < plausibility("BELGIQUE") < plausibility("1ABC234")


@pytest.mark.parametrize("shape", load_shapes(), ids=lambda shape: shape.id)
def test_no_example_of_a_shape_with_letters_is_lost(shape: Shape) -> None:
    for plate in shape.valid:
        if not plate.isdigit():
            assert plausibility(plate) >= 0.3


@given(st.text(max_size=20) | st.text("ABO01-/:. ", max_size=12))
def test_any_text_has_a_plausibility(text: str) -> None:
    value = plausibility(text)
    assert 0 <= value <= 1
    assert (value == 0) == (compact(text) == "")
