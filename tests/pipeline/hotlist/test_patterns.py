"""Patterns found by their anchors, against all of them tried one after the other."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.hotlist.patterns import Pattern, PatternIndex, is_pattern, known_characters
from pipeline.hotlist.spelling import rows_of
from pipeline.plates.text import plate_key

PATTERNS = st.text("AB8*?1", min_size=2, max_size=12).filter(lambda text: known_characters(text) > 0)
PLATES = st.text("AB81C", min_size=1, max_size=12)


def found(patterns: list[str], plates: list[str]) -> set[tuple[int, str]]:
    """Row of a plate and pattern."""
    index = PatternIndex([Pattern(plate, 0, number) for number, plate in enumerate(patterns)])
    pairs = [(row, pattern.plate) for row, pattern in index.find(rows_of([plate.encode() for plate in plates]))]
    return set(pairs)


@given(st.lists(PATTERNS, max_size=6, unique=True), st.lists(PLATES, min_size=1, max_size=6))
@settings(deadline=None, max_examples=300)
def test_what_fits_is_found_and_nothing_else(patterns: list[str], plates: list[str]) -> None:
    assert found(patterns, plates) == {
        (row, pattern)
        for row, plate in enumerate(plates)
        for pattern in patterns
        if fnmatchcase(plate_key(plate), plate_key(pattern))
    }


@pytest.mark.parametrize("pattern", ["1?B", "A?C?E", "*2?4", "12?4*", "*B?D*", "??C???", "A?C?E?G?I?KL", "*A?C?E?G?I"])
def test_unknown_places_within_what_is_known(pattern: str) -> None:
    """A plate that fits, one with another character at each known place, one that is a character longer or shorter."""
    plate = pattern.replace("?", "X").replace("*", "N")
    others = [plate[:n] + "W" + plate[n + 1 :] for n, char in enumerate(pattern) if char not in "?*"]
    longer = plate[:1] + "W" + plate[1:]
    expected = {row for row, one in enumerate([plate, *others, longer]) if fnmatchcase(one, pattern)}
    assert 0 in expected
    assert {row for row, _ in found([pattern], [plate, *others, longer])} == expected


def test_each_pair_comes_once_however_often_the_anchor_stands_in_the_plate() -> None:
    index = PatternIndex([Pattern("*AB*", 0, 0)])
    assert len(list(index.find(rows_of([b"ABABAB"])))) == 1


@pytest.mark.parametrize(
    ("plate", "fits"),
    [("1ABC234", True), ("1ABC284", True), ("1A8C234", False), ("1ABC2345", False), ("91ABC234", False)],
)
def test_a_pattern_fits_the_whole_plate(plate: str, fits: bool) -> None:
    assert Pattern("1ABC2??", 0, 0).fits_to_the_letter(plate) is fits


def test_look_alikes_fit_by_key() -> None:
    assert found(["1ABC2??"], ["1A8C234"]) == {(0, "1ABC2??")}


@pytest.mark.parametrize(("text", "known"), [("*", 0), ("??", 0), ("1A*", 2), ("1ABC234", 7)])
def test_known_characters(text: str, known: int) -> None:
    assert known_characters(text) == known
    assert is_pattern(text) is (known < 7)


def test_no_patterns_find_nothing() -> None:
    assert found([], ["1ABC234"]) == set()
