"""What people type for a plate: read as they mean it, and nothing but the canonical alphabet goes on."""

from __future__ import annotations

import itertools
import re
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.plates.text import MAX_LENGTH, compact
from sinks.clickhouse.plate_search.patterns import (
    FULL_FROM,
    MAX_PATTERN,
    MIN_KNOWN,
    MIN_KNOWN_NARROW,
    Match,
    is_plate,
    known_in,
    pattern_of,
    tokens_of,
)
from sinks.clickhouse.refusal import SearchRefused

CANONICAL = re.compile(r"(?:[A-Z0-9?*]|\[[A-Z0-9]{2,}\])+(?:\|(?:[A-Z0-9?*]|\[[A-Z0-9]{2,}\])+)*")
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@pytest.mark.parametrize(
    ("typed", "pattern"),
    [
        # a whole plate in any dress
        ("1-abc-234", "1ABC234"),
        (" 1 ABC 234\n", "1ABC234"),
        ("1.abc.234", "1ABC234"),
        ("1·ABC·234", "1ABC234"),
        ("1_ABC/234", "1ABC234"),
        ("1–ABC–234", "1ABC234"),
        ("ABC 123", "ABC123"),
        # letters of other alphabets and other dress
        ("1АВС234", "1ABC234"),
        ("1ΑΒΗ234", "1ABH234"),
        ("1ＡＢＣ２３４", "1ABC234"),
        ("mü ab 123", "MUAB123"),
        # shorter than a plate: contains
        ("1ABC", "*1ABC*"),
        ("bc2", "*BC2*"),
        # wildcards
        ("1ABC*", "1ABC*"),
        ("*234", "*234"),
        ("*BC2*", "*BC2*"),
        ("1?BC?34", "1?BC?34"),
        ("1AB**", "1AB*"),
        ("1AB*?2", "1AB?*2"),
        ("1AB?*?*2", "1AB??*2"),
        # this or that character
        ("1A[B8]C234", "1A[8B]C234"),
        ("1A[b 8]C234", "1A[8B]C234"),
        ("1A(B|8)C234", "1A[8B]C234"),
        ("1A(B or 8)C234", "1A[8B]C234"),
        ("1A(B/8/3)C234", "1A[38B]C234"),
        ("1 A B or 8 C 234", "1A[8B]C234"),
        ("1 A b of 8 ou 3 C 234", "1A[38B]C234"),
        ("1A[BB]C234", "1ABC234"),
        ("[B8]12", "*[8B]12*"),
        # this or that plate
        ("ABC234|ABC284", "ABC234|ABC284"),
        ("ABC-234 or ABC-284", "ABC234|ABC284"),
        ("ABC234|ABC234", "ABC234"),
        ("1ABC*|*XYZ", "1ABC*|*XYZ"),
        ("1ABC|XYZ9", "*1ABC*|*XYZ9*"),
        # groups in whatever order
        ("ABC+123", "*ABC*123*|*123*ABC*"),
        ("ab + 12", "*AB*12*|*12*AB*"),
        ("1+ABC+234", "1ABC234|1234ABC|ABC1234|ABC2341|2341ABC|234ABC1"),
        ("AB+AB", "*AB*AB*"),
        ("1AB?+234", "1AB?234|2341AB?"),
        # words that are letters of a plate
        ("A OR 5", "*AOR5*"),
        ("A OR 512", "AOR512"),
        ("1-OR-234", "1OR234"),
    ],
)
def test_what_people_type_becomes_the_pattern_they_mean(typed: str, pattern: str) -> None:
    assert pattern_of(typed) == pattern


@pytest.mark.parametrize(
    ("typed", "match", "pattern"),
    [
        ("P11", "exact", "P11"),
        ("P1", "exact", "P1"),
        ("7", "exact", "7"),
        ("1ABC", "exact", "1ABC"),
        ("ABC234", "partial", "*ABC234*"),
        ("1ABC*", "partial", "1ABC*"),
        ("1?BC", "partial", "*1?BC*"),
        ("1ABC+234", "partial", "*1ABC*234*|*234*1ABC*"),
        ("1ABC234", "misread", "1ABC234"),
        ("1ABC", "misread", "1ABC"),
    ],
)
def test_who_says_how_to_match_is_taken_at_his_word(typed: str, match: Match, pattern: str) -> None:
    assert pattern_of(typed, match) == pattern


@pytest.mark.parametrize(
    "typed",
    [
        "1ABC%",
        "1ABC'; DROP TABLE passages; --",
        "1ABC234' OR '1'='1",
        "' OR 1=1",
        '"1ABC"',
        "\\'1ABC",
        "1ABC{x:String}",
        "1ABC🚗",
        "1AB\x00C",
        "1AB^C23",
        "1ABC.*$",
        "1AB[C23",
        "1AB]C23",
        "1AB[]C23",
        "1A[B[8]]C",
        "[/red]",
        "[^B]ABC",
        "[A-Z]BC1",
        "1A(BC234",
        "(1ABC)+",
    ],
)
def test_what_is_no_plate_is_refused_with_how_to_write_one(typed: str) -> None:
    with pytest.raises(SearchRefused, match=r"use letters and digits, \? for one|stands between|may mean") as refused:
        pattern_of(typed)
    assert refused.value.code == "pattern_wrong"


@pytest.mark.parametrize("typed", ["", " ", "--", "|", "1ABC234|"])
def test_nothing_typed_is_asked_for(typed: str) -> None:
    with pytest.raises(SearchRefused, match="type a plate or part of one"):
        pattern_of(typed)


@pytest.mark.parametrize("typed", ["*", "**", "?", "??????", "A*", "*1", "?A?", "AB", "1A*", "*[ABCD]BC*", "1ABC*|*"])
def test_a_pattern_that_would_show_half_the_country_is_refused_with_how_to_narrow_it(typed: str) -> None:
    with pytest.raises(SearchRefused, match=r"too wide: .* give at least 3, or 2 within a few hours") as refused:
        pattern_of(typed)
    assert refused.value.code == "pattern_wide"


def test_within_a_few_hours_less_of_the_plate_is_enough() -> None:
    assert pattern_of("AB", narrow=True) == "*AB*"
    with pytest.raises(SearchRefused, match=r"too wide: 1 known character of the plate; give at least 2$"):
        pattern_of("A*", narrow=True)
    assert (MIN_KNOWN, MIN_KNOWN_NARROW) == (3, 2)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("A" * (MAX_LENGTH + 1), "no plate has more than 12 characters"),
        ("1ABC" + "?" * 9 + "*", "no plate has more than 12 characters"),
        ("x" * 201, "no plate is that long"),
        ("1ABC234" * 714 + "**", r"no plate is that long \(5000 characters\): use letters and digits"),
        ("|".join(f"1ABC23{n}" for n in range(9)), "too many possibilities"),
        ("A+B+C+D", "between two or three groups"),
        ("ABC+", "between two or three groups"),
        ("ABC+*", "between two or three groups"),
        ("1AB or 8C", r"may mean several things: write 1A\[B8\]C"),
    ],
)
def test_too_much_at_once_is_refused(typed: str, said: str) -> None:
    with pytest.raises(SearchRefused, match=said):
        pattern_of(typed)


@pytest.mark.parametrize("typed", ["1ABC*", "*1ABC234", "1?BC234", "1AB", "1A[B8]C234", "ABC234|ABC284"])
def test_a_misread_needs_a_whole_plate(typed: str) -> None:
    with pytest.raises(SearchRefused, match="needs one whole plate"):
        pattern_of(typed, "misread")


def test_places_and_what_is_known_of_them() -> None:
    assert tokens_of("1?[8B]*") == ("1", "?", "8B", "*")
    assert known_in("1?[8B]*") == 2
    assert known_in("[ABCD]1") == 1
    assert (is_plate("1ABC234"), is_plate("1ABC*"), is_plate("ABC|DEF"), is_plate("")) == (True, False, False, False)


@given(st.text(max_size=40) | st.text(CHARACTERS + "abcß.-+?*[]()| ", max_size=30))
def test_whatever_is_typed_ends_as_a_canonical_pattern_or_a_refusal(typed: str) -> None:
    for match in get_args(Match):
        pattern = _pattern_or_code(typed, match)
        if pattern in {"pattern_wrong", "pattern_wide"}:
            continue
        assert CANONICAL.fullmatch(pattern)
        assert len(pattern) <= MAX_PATTERN
        for one in pattern.split("|"):
            assert known_in(one) >= MIN_KNOWN or (match == "exact" and is_plate(one))


def _pattern_or_code(typed: str, match: Match) -> str:
    try:
        return pattern_of(typed, match)
    except SearchRefused as refused:
        return refused.code


@given(st.text(CHARACTERS + "?*[]|+", max_size=30))
def test_a_canonical_pattern_stays_as_it_is(typed: str) -> None:
    try:
        pattern = pattern_of(typed)
    except SearchRefused:
        return
    assert pattern_of(pattern) == pattern


@given(st.text(CHARACTERS, min_size=FULL_FROM, max_size=MAX_LENGTH), st.data())
def test_dress_does_not_matter(plate: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.sampled_from(["", "-", " ", ".", "·"]), min_size=len(plate), max_size=len(plate)))
    typed = "".join(itertools.chain.from_iterable(zip(plate.lower(), cuts, strict=True)))
    assume(not re.search(r"\bor\b", typed))  # "1 or 7": what is said so is a choice
    assert pattern_of(typed, "exact") == compact(plate)
