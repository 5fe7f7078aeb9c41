"""What a witness says of a plate is written down as it was meant, and what was read into it is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.searching.spoken import heard
from console.searching.understanding import alternatives_of, in_words
from sinks.clickhouse.plate_search.patterns import pattern_of
from sinks.clickhouse.refusal import SearchRefused

PLATES = st.from_regex(r"[1-9]-[A-Z]{3}-[0-9]{3}", fullmatch=True)


@pytest.mark.parametrize(
    ("said", "pattern", "notes"),
    [
        ("1-ABC-234", "1ABC234", ()),
        ("1-ABC-12B or 8", "1ABC12[8B]", ("either",)),
        ("1-ABC-12B ou 8", "1ABC12[8B]", ("either",)),
        ("1-abc-12b of 8 of 3", "1ABC12[38B]", ("either",)),
        ("1ABC 12 8 ou B", "1ABC12[8B]", ()),
        ("8 or B12 ABC", "[8B]12ABC", ("either",)),
        ("1ABC12?", "1ABC12?", ()),
        ("1ABC12 inconnu", "1ABC12?", ("spelled",)),
        ("1 alpha bravo charlie two three onbekend", "1ABC23?", ("spelled",)),
        ("un alfa x-ray charlie zéro huit neuf", "1AXC089", ("spelled",)),
        ("1-ABC-23 bravo or eight", "1ABC23[8B]", ("spelled",)),
        ("1АВС234", "1ABC234", ("look_alikes",)),  # Cyrillic
        ("1ΑΒΗ234", "1ABH234", ("look_alikes",)),  # Greek
        ("mü ab 123", "MUAB123", ()),
        ("ABC-234 or ABC-284", "ABC234|ABC284", ()),
        ("A OR 5", "*AOR5*", ()),
        ("FA OR 5", "*FAOR5*", ()),
        ("A OR 512", "AOR512", ()),
        ("KILO 1", "*KILO1*", ()),
    ],
)
def test_what_is_said_becomes_the_pattern_that_is_meant(said: str, pattern: str, notes: tuple[str, ...]) -> None:
    found = heard(said)
    assert (pattern_of(found.text), found.notes) == (pattern, notes)


@pytest.mark.parametrize("said", ["1БВС234", "1-ΩBC-234", "1ABC漢4"])
def test_letters_that_look_like_none_of_ours_are_refused_by_name(said: str) -> None:
    with pytest.raises(SearchRefused, match="is a letter of another alphabet") as refused:
        heard(said)
    assert refused.value.code == "pattern_wrong"


@given(PLATES)
def test_a_plate_as_it_is_written_is_left_alone(plate: str) -> None:
    assert heard(plate).text == plate


@given(PLATES, st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), st.sampled_from(["or", "ou", "of", "OF"]))
def test_this_or_that_last_character_finds_both(plate: str, other: str, word: str) -> None:
    pattern = pattern_of(heard(f"{plate} {word} {other}").text)
    compact = plate.replace("-", "")
    both = "".join(sorted({compact[-1], other}))
    assert pattern == compact[:-1] + (f"[{both}]" if len(both) > 1 else both)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_heard_or_refused(text: str) -> None:
    try:
        assert isinstance(heard(text).text, str)
    except SearchRefused as refused:
        assert refused.code == "pattern_wrong"  # noqa: PT017


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("1ABC234", "the plate 1-ABC-234, to the letter"),
        ("*1A[8B]C*", "plates that contain 1A(8 or B)C"),
        ("1AB*", "plates that begin 1AB"),
        ("*234|1?BC2*4", "plates that end 234; or plates 1(one unknown)BC2 … 4"),
    ],
)
def test_a_pattern_is_said_back_in_words(pattern: str, words: str) -> None:
    assert in_words(pattern, tolerant=False) == words
    assert len(alternatives_of(pattern)) == pattern.count("|") + 1
