"""Plates that are near share a spelling, and only few others do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.hotlist.spelling import NEAR_FROM, lengths_of, rows_of, spellings_of
from pipeline.plates.text import plate_key, within_one_edit

PLATES = st.text("ABCDOQ018Z2", min_size=1, max_size=12)


def hashes(plate: str, near: bool = True) -> set[int]:
    """Of all its spellings."""
    return set(spellings_of(rows_of([plate.encode()]), near).hashes.tolist())


@given(st.lists(PLATES, min_size=1, max_size=5))
def test_lengths(plates: list[str]) -> None:
    assert lengths_of(rows_of([plate.encode() for plate in plates])).tolist() == list(map(len, plates))


@given(PLATES, PLATES)
@settings(max_examples=500)
def test_near_plates_share_a_spelling(one: str, other: str) -> None:
    near = within_one_edit(plate_key(one), plate_key(other)) and min(len(one), len(other)) >= NEAR_FROM
    if near or plate_key(one) == plate_key(other):
        assert hashes(one) & hashes(other)


@given(st.integers(0, 11), st.sampled_from("ABC123XYZ"), PLATES.filter(lambda plate: len(plate) >= NEAR_FROM))
def test_one_character_changed_added_or_lost(place: int, char: str, plate: str) -> None:
    place = min(place, len(plate) - 1)
    changed = plate[:place] + char + plate[place + 1 :]
    assert hashes(plate) & hashes(changed)
    assert hashes(plate) & hashes((plate[:place] + char + plate[place:])[:12])


@given(PLATES)
def test_its_spellings_are_its_key_and_the_key_without_each_character(plate: str) -> None:
    key = plate_key(plate)
    shorter = {key[:n] + key[n + 1 :] for n in range(len(key))} if len(key) >= NEAR_FROM else set()
    assert len(hashes(plate)) == len({key, *shorter})
    assert hashes(plate, near=False) == hashes(key, near=False)
    expected = set().union(*(hashes(text, near=False) for text in shorter), hashes(key, near=False))
    assert hashes(plate) == expected


def test_what_is_no_plate_is_a_row_too() -> None:
    rows = rows_of([b"", b"\xff\xfe", b"1234567890123456"])
    assert lengths_of(rows).tolist() == [0, 2, 12]
    assert len(spellings_of(rows).hashes) >= 3


def test_no_plates_have_no_spellings() -> None:
    assert len(spellings_of(rows_of([])).hashes) == 0
