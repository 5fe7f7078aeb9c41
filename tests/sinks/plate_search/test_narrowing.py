"""Narrowing saves reading and hides nothing: whatever fits a pattern is let through."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.plates.text import MAX_LENGTH, plate_key
from sinks.clickhouse.plate_search.narrowing import KEY_ALPHABET, MAX_KEYS, Narrowing, narrowings_of
from sinks.clickhouse.plate_search.patterns import pattern_of
from sinks.clickhouse.refusal import SearchRefused

TOKENS = st.sampled_from([*"AB8C01DZ29", "?", "?", "*", "[8B]", "[AC]", "[0D2]"])


def key_fits(pattern: str, key: str) -> bool:
    """As the database compares."""
    regex = plate_key(pattern).replace("?", ".").replace("*", ".*")
    return re.fullmatch(f"(?:{regex})", key) is not None


def lets_through(narrowing: Narrowing, key: str) -> bool:
    """As the view narrows."""
    bits = int.from_bytes(key.encode(), "little")
    return (
        (not narrowing.keys or key in narrowing.keys)
        and key.startswith(narrowing.prefix)
        and narrowing.run in key
        and narrowing.and_run in key
        and bits & narrowing.mask == narrowing.value
    )


def test_keys_are_made_of_so_many_characters() -> None:
    assert KEY_ALPHABET == "0123456789ACEFHJKMNPRTUVWXY"


@pytest.mark.parametrize(
    ("pattern", "narrowing"),
    [
        ("1ABC234", Narrowing(keys=("1A8C234",))),
        ("ABC123|123ABC", Narrowing(keys=("123A8C", "A8C123"))),
        ("1A[8B]C234", Narrowing(keys=("1A8C234",))),
        ("1A[AC]C234", Narrowing(keys=("1AAC234", "1ACC234"))),
        ("1ABC*", Narrowing(prefix="1A8C")),
        ("1A[8B]C*", Narrowing(prefix="1A8C")),
        ("1A*23", Narrowing(prefix="1A", run="23")),
        ("*BC2*", Narrowing(run="8C2")),
        ("*1ABC", Narrowing(run="1A8C")),
        ("*A?B?1*", Narrowing(run="A", and_run="8")),
        ("*ABC*123*|*123*ABC*", Narrowing(run="A8C")),
    ],
)
def test_a_pattern_gives_what_saves_most(pattern: str, narrowing: Narrowing) -> None:
    assert narrowings_of(pattern) == (narrowing,)


def test_one_unknown_place_is_looked_up_key_by_key() -> None:
    (narrowing,) = narrowings_of("?ABC234")
    assert narrowing.keys == tuple(f"{char}A8C234" for char in KEY_ALPHABET)


def test_known_places_without_a_run_are_compared_by_place() -> None:
    (narrowing,) = narrowings_of("?A?B?1*")
    assert (narrowing.prefix, narrowing.run, narrowing.keys) == ("", "", ())
    assert lets_through(narrowing, "1A18X1YZ")
    assert not lets_through(narrowing, "A118X1YZ")


def test_alternatives_with_prefixes_are_looked_up_one_after_the_other() -> None:
    assert narrowings_of("1ABC*|2XYZ*") == (Narrowing(prefix="1A8C"), Narrowing(prefix="2XY2"))


@given(st.lists(st.lists(TOKENS, min_size=1, max_size=9).map("".join), min_size=1, max_size=3), st.data())
def test_whatever_fits_is_let_through(alternatives: list[str], data: st.DataObject) -> None:
    try:
        pattern = pattern_of("|".join(alternatives))
    except SearchRefused:
        assume(False)
        return
    regex = plate_key(data.draw(st.sampled_from(pattern.split("|")))).replace("?", ".").replace("*", ".{0,3}")
    key = data.draw(st.from_regex(re.compile(regex), fullmatch=True, alphabet=st.sampled_from(KEY_ALPHABET)))
    assume(len(key) <= MAX_LENGTH)
    assert key_fits(pattern, key)
    narrowings = narrowings_of(pattern)
    assert any(lets_through(narrowing, key) for narrowing in narrowings)
    assert all(len(narrowing.keys) <= MAX_KEYS for narrowing in narrowings)
