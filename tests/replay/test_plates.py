"""Plates have the shapes that the law gives them."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.plates import COUNTRY_SHARES, PlatePress, compact

NL = "[BDFGHJKLMNPRSTVWXZ]"
FR = "[A-HJ-NP-TV-Z]"
SHAPES = {
    "BE_STD": r"[12][A-Z]{3}[0-9]{3}",
    "BE_C11": r"[A-HJ-NPR-Z]{3}[0-9]{3}",
    "BE_C12": r"[0-9]{3}[A-HJ-NPR-Z]{3}",
    "BE_TAXI": r"TX[A-Z]{2}[0-9]{3}",
    "BE_PERS": r"[A-Z]{3,5}[0-9]{1,2}",
    "BE_MOTO": r"M[A-Z]{3}[0-9]{3}",
    "NL_6": rf"[0-9]{{2}}{NL}{{4}}",
    "NL_7": rf"[0-9]{{2}}{NL}{{3}}[0-9]",
    "NL_8": rf"[0-9]{NL}{{3}}[0-9]{{2}}",
    "NL_9": rf"{NL}{{2}}[0-9]{{3}}{NL}",
    "NL_10": rf"{NL}[0-9]{{3}}{NL}{{2}}",
    "NL_11": rf"{NL}{{3}}[0-9]{{2}}{NL}",
    "FR_SIV": rf"(?!SS)(?!.{{5}}SS){FR}{{2}}(?!000)[0-9]{{3}}{FR}{{2}}",
    "DE": r"(?=.{3,8}$)[A-Z]{1,3}[A-Z]{1,2}[1-9][0-9]{0,3}",
    "LU": r"(?!AA|CD|ZZ|HJ|KK|KZ|PD|SA|SS|WC)[A-HJ-NP-Z]{2}[0-9]{4}",
    "GB": r"[A-HJ-PR-Y]{2}[0-9]{2}[A-HJ-PR-Z]{3}",
    "PL": r"W[A-Z][0-9]{5}",
    "RO": r"[A-Z]{2}[0-9]{2}(?![IO])[A-PR-Z]{3}",
}


@given(seed=st.integers(0, 2**32), country=st.sampled_from([c for c, _ in COUNTRY_SHARES]))
def test_every_plate_has_the_shape_of_its_series(seed: int, country: str) -> None:
    press = PlatePress(random.Random(seed))
    for _ in range(20):
        plate = press.press(country)
        assert plate.country == country
        assert re.fullmatch(SHAPES[plate.series], plate.text), plate


def test_personalised_plates_have_at_most_eight_characters_with_dashes() -> None:
    press = PlatePress(random.Random(1))
    personal = [p for p in (press.press("BE") for _ in range(3000)) if p.series == "BE_PERS"]
    assert personal
    assert all(len(p.display) <= 8 for p in personal)


def test_no_letter_o_in_the_belgian_series() -> None:
    press = PlatePress(random.Random(2))
    assert all("O" not in p.text for p in (press.press("BE") for _ in range(2000)) if p.series == "BE_STD")


def test_shares_of_countries_and_of_old_belgian_plates() -> None:
    press = PlatePress(random.Random(3))
    plates = [press.press() for _ in range(8000)]
    countries = Counter(p.country for p in plates)
    assert countries["BE"] / len(plates) == pytest.approx(0.80, abs=0.02)
    old = sum(p.series == "BE_C11" for p in plates) / countries["BE"]
    assert old == pytest.approx(0.16, abs=0.02)


def test_plates_differ_and_motorcycles_have_their_own() -> None:
    press = PlatePress(random.Random(4))
    assert len({press.press("RO").text for _ in range(500)}) == 500
    assert press.press("BE", "motorcycle").series == "BE_MOTO"


def test_compact_form() -> None:
    assert compact("1-ABC-234") == "1ABC234"
    assert compact("AC-AB 123") == "ACAB123"
