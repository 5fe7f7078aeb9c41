"""Euro standards as certificates and people write them."""

from __future__ import annotations

import pytest

from pipeline.lez.facts import facts_of
from pipeline.lez.standards import STANDARDS, StandardFault, parse_standard, rank, standard_of
from tests.pipeline.lez.builders import vehicle


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        *(("none", "0"), ("0", "0"), ("pre", "0"), ("1", "1"), ("Euro 1", "1"), ("EURO-2", "2"), ("euro3", "3")),
        *(("I", "1"), ("IV", "4"), ("Euro V", "5"), ("VI", "6"), ("EEV", "5"), ("5a", "5"), ("5B", "5"), ("7", "7")),
        *(("6", "6"), ("6b", "6"), ("6c", "6"), ("6d", "6d"), ("Euro 6d", "6d"), ("6e", "6d"), ("6 d-TEMP", "6d-TEMP")),
        *(("6d-temp", "6d-TEMP"), ("6D_TEMP", "6d-TEMP"), ("6dTEMP", "6d-TEMP"), ("6d-TEMP-EVAP-ISC", "6d-TEMP")),
        *(("6d-ISC-FCM", "6d"), ("6e-bis", "6d"), ("6e-bis-FCM", "6d"), ("6EA", "6d"), ("6EB", "6d"), ("6EC", "6d")),
        *(("VI-D", "6"), ("Euro VI E", "6")),  # stages of the heavy class: no 6d
    ],
)
def test_what_people_write_is_understood(text: str, standard: str) -> None:
    assert standard_of(*parse_standard(text)) == standard


@pytest.mark.parametrize("text", ["IX", "ID", "IIII", "8", "4d", "VIII", "six", "", "6d5", "Euro", "IV-D", "-1", "6.5"])
def test_what_is_no_standard_is_refused(text: str) -> None:
    with pytest.raises(StandardFault, match="is no Euro standard: write"):
        parse_standard(text)


def test_they_are_ordered_from_dirty_to_clean() -> None:
    assert STANDARDS == ("0", "1", "2", "3", "4", "5", "6", "6d-TEMP", "6d", "7")
    assert [rank(one) for one in STANDARDS] == list(range(10))


@pytest.mark.parametrize(
    ("category", "euro", "suffix", "standard"),
    [
        ("M1", 6, "d", "6d"),
        ("N3", 6, "D", "6"),  # stage D of Euro VI
        ("M3", 6, "d-TEMP", "6"),
        ("M2", 6, "d", "6d"),  # certified as a light vehicle
        ("N1", 6, "d-TEMP", "6d-TEMP"),
        ("M1", 0, "", "0"),
        ("M1", None, "", None),
        ("M1", 7, "a", "7"),
    ],
)
def test_a_certificate_is_read_by_its_category(
    category: str, euro: int | None, suffix: str, standard: str | None
) -> None:
    assert facts_of(vehicle(euro=euro, euro_suffix=suffix, category=category)).standard == standard
