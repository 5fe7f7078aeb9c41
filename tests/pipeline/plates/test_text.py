"""The text of plates: compact form, confusion key, nearness."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.plates.text import compact, plate_key, within_one_edit

PLATES = st.text("ABO01", max_size=6)
NEAR_LENGTHS = st.text("AB1", min_size=3, max_size=5)


def distance(a: str, b: str) -> int:
    """Levenshtein distance, by the book."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


@given(PLATES | NEAR_LENGTHS, PLATES | NEAR_LENGTHS)
def test_within_one_edit_is_a_distance_of_at_most_one(a: str, b: str) -> None:
    assert within_one_edit(a, b) == (distance(a, b) <= 1) == within_one_edit(b, a)


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("1-ABC-234", "1ABC234"),
        (" 1·abc 234\n", "1ABC234"),
        ("AB-123-CD", "AB123CD"),
        ("MÜ-AB 123", "MUAB123"),  # umlauts stand in German districts only
        ("mü-ab 123", "MUAB123"),
        ("Ł Ó Đ Ø ß", "LODOB"),
        ("１２３ＡＢｃ", "123ABC"),  # full width
        ("СА 1234 ХН", "CA1234XH"),  # Cyrillic
        ("ΝΙΚ-1234", "NIK1234"),  # Greek
        ("٣٤", ""),  # digits, but not those of a plate
        ("50 m²", "50M"),
        ("ﬁ", ""),  # two letters in one
        ("🚗", ""),
        ("", ""),
    ],
)
def test_compact(text: str, plate: str) -> None:
    assert compact(text) == plate


@given(st.text(max_size=30))
def test_compact_leaves_letters_and_digits_and_is_idempotent(text: str) -> None:
    plate = compact(text)
    assert re.fullmatch("[A-Z0-9]*", plate)
    assert compact(plate) == plate
    assert len(plate) <= len(text)


@pytest.mark.parametrize("alike", ["O0DQ", "IL1", "Z2", "S5", "G6", "B8"])
def test_a_confusion_class_has_one_key(alike: str) -> None:
    assert len({plate_key(char) for char in alike}) == 1


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", max_size=12))
def test_plate_key_is_idempotent_and_keeps_the_length(plate: str) -> None:
    key = plate_key(plate)
    assert plate_key(key) == key
    assert len(key) == len(plate)
