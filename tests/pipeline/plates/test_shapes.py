"""National shapes, by the examples of those who issue the plates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.plates.catalogue import load_shapes
from pipeline.plates.layout import LETTERS
from pipeline.plates.shapes import COUNTRY_FROM, _deciding, countries_of, forms_of, shape_of
from pipeline.plates.text import compact

VALID = {
    "BE": {
        "1ABC234": "1-ABC-234",
        "2HJK905": "2-HJK-905",
        "1WPZ001": "1-WPZ-001",
        "8ABC123": "8-ABC-123",
        "9ABC123": "9-ABC-123",
        "ABC123": "ABC-123",
        "123ABC": "123-ABC",
        "TXAB123": "T-XAB-123",
        "TLAB123": "T-LAB-123",
        "MABC123": "M-ABC-123",
        "QAAB012": "Q-AAB-012",
        "OABC123": "O-ABC-123",
        "GAAB001": "G-AAB-001",
        "SABC345": "S-ABC-345",
        "ZABC123": "Z-ABC-123",
        "CDAB123": "CD-AB-123",
    },
    "NL": {"GBB01B": "GBB-01-B", "12GBK3": "12-GBK-3", "K123BX": "K-123-BX", "ZB333L": "ZB-333-L"},
    "FR": {"AB123CD": "AB-123-CD", "GT456ZZ": "GT-456-ZZ"},
    "DE": {
        "WOBAB123": "WOB-AB 123",
        "HHAB12H": "HH-AB 12H",
        "MX1": "M-X 1",
        "BAB1234E": "BAB1234E",  # B-AB or BA-B: the text does not tell where the district ends
    },
    "LU": {"BA1234": "BA 1234", "XY0001": "XY 0001"},
    "GB": {"YK12CDE": "YK12 CDE", "LD68XYZ": "LD68 XYZ"},
    "CZ": {"1AB2345": "1AB 2345", "4B21875": "4B2 1875"},
    "SK": {"RK755AJ": "RK-755AJ", "BA268IM": "BA-268IM"},  # first letters that France has not reached
    "PL": {"WA12345": "WA 12345", "WPI1234A": "WPI 1234A"},
    "RO": {"B123ABC": "B 123 ABC", "CJ12XYZ": "CJ 12 XYZ", "AB12CDE": "AB 12 CDE"},  # counties are few: Britain may be
    "ES": {"1234BCD": "1234 BCD"},
}
INVALID = {
    "BE": ["0ABC234", "IABC234", "1AB1234", "1ABCD34", "1ABC2B4", "1ABC23", "1ABC2345"],
    "NL": ["GBB0IB", "1GBK2", "GOB01B", "GBB001B"],
    "FR": ["OB123CD", "SS123AB", "AB123SS", "AB000CD", "AB12CD"],
    "DE": ["WOBABC12", "B1234", "BAB0123", "WOBAB1234"],
    "LU": ["IO1234", "AA1234", "CD1234", "ZZ1234", "AB12345"],
    "GB": ["ZB12CDE", "AB12CIE", "QB12CDE"],
}


@pytest.mark.parametrize(
    ("country", "plate", "display"), [(c, p, display) for c, plates in VALID.items() for p, display in plates.items()]
)
def test_plates_of_a_country(country: str, plate: str, display: str) -> None:
    forms = forms_of(plate)
    assert (forms.country, forms.display) == (country, display)


@pytest.mark.parametrize(("country", "plate"), [(c, plate) for c, plates in INVALID.items() for plate in plates])
def test_no_plates_of_that_country(country: str, plate: str) -> None:
    assert forms_of(plate).country != country


@given(st.text("ABDO0123", min_size=1, max_size=12))
def test_the_display_form_only_adds_separators(plate: str) -> None:
    assert compact(forms_of(plate).display) == plate


def test_every_shape_has_a_name_of_its_own() -> None:
    names = [shape.id for shape in load_shapes()]
    assert len(names) == len(set(names))


def test_a_text_of_several_countries_tells_them_all() -> None:
    shares = dict(countries_of("AB123CD"))
    assert list(shares) == ["FR", "SK", "IT"]
    assert forms_of("AB123CD").country == "FR"


def test_the_country_that_the_reader_saw_weighs() -> None:
    assert countries_of("AB123CD", "SK")[0][0] == "SK"
    assert countries_of("AB123CD", hint="XX") == countries_of("AB123CD")
    assert countries_of("1ABC234", "SK")[0][0] == "BE"  # no Slovak plate looks like this


def test_a_text_of_no_shape_has_no_country() -> None:
    assert countries_of("!") == ()
    assert forms_of("XK7Q9PZW1") == ("XK709P2W1", "XK7Q9PZW1", None)


def test_a_country_that_is_not_likely_enough_is_not_named() -> None:
    assert countries_of("TAXI")[0][1] < COUNTRY_FROM
    assert forms_of("TAXI").country is None


@given(st.text("ABDO0123", max_size=12), st.sampled_from([None, "BE", "FR", "SK"]))
def test_countries_have_probabilities_in_order(plate: str, hint: str | None) -> None:
    shares = [share for _, share in countries_of(plate, hint)]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1 + 1e-9


def test_a_loose_shape_is_not_certain() -> None:
    assert shape_of("7OKTOBR") is None
    shape = shape_of("1ABC234")
    assert shape is not None
    assert shape.id == "BE_STD"


PLATES = st.one_of(
    st.sampled_from(load_shapes()).flatmap(lambda shape: st.from_regex(shape.pattern, fullmatch=True)),
    st.text(LETTERS + "0123456789", min_size=1, max_size=9),
)


@given(PLATES)
def test_a_deciding_shape_says_what_weighing_all_says(plate: str) -> None:
    """The short way is only a short way."""
    ranked = countries_of(plate)
    likeliest = ranked[0][0] if ranked and ranked[0][1] >= COUNTRY_FROM else None
    assert forms_of(plate).country == likeliest
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.plates.shapes._deciding", lambda _order: ())
        assert forms_of.__wrapped__(plate) == forms_of(plate)


def test_the_usual_plates_of_belgium_go_the_short_way() -> None:
    """They are four of five, and none of the traffic is cached for long."""
    for order in ("DLLLDDD", "LLLDDD", "DDDLLL"):
        assert any(tried.form for tried in _deciding(order))
