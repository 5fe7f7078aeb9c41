"""Whose clock is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clones.clocks import Clocks, suspects
from pipeline.clones.judgement import assumptions
from pipeline.clones.memory import KEPT_SLICES, Memory, Misfits
from pipeline.clones.sighting import Names
from tests.pipeline.clones.sightings import sighting

GIVEN = assumptions()
PAIRS = st.frozensets(st.sampled_from([("a", "b"), ("a", "c"), ("b", "c"), ("a", "d")]), max_size=2)


def pair(a: str, b: str) -> Misfits:
    """One plate that was at both."""
    return frozenset({(a, b)})


def test_the_camera_with_which_many_do_not_fit_is_the_cause_and_its_neighbours_are_not() -> None:
    misfits = [pair("a", other) for other in "bcde"] * 4
    found = suspects(misfits, dict.fromkeys("abcde", 20), GIVEN)
    assert found == {"a": pytest.approx(1.0, abs=1e-6)}


def test_of_two_alone_nothing_tells_which_it_is() -> None:
    found = suspects([pair("a", "b")] * 5, {"a": 5, "b": 5}, GIVEN)
    assert found == {"a": pytest.approx(0.5, abs=1e-3), "b": pytest.approx(0.5, abs=1e-3)}


def test_two_wrong_clocks_are_both_found() -> None:
    misfits = [pair("a", other) for other in "cdef"] * 3 + [pair("b", other) for other in "cdef"] * 3
    assert suspects(misfits, dict.fromkeys("abcdef", 15), GIVEN).keys() == {"a", "b"}


def test_a_few_among_thousands_are_misreads() -> None:
    assert suspects([pair("a", "b"), pair("a", "c")], {"a": 4000, "b": 4000, "c": 4000}, GIVEN) == {}


@given(misfits=st.lists(PAIRS, max_size=12), data=st.data())
def test_the_order_does_not_matter(misfits: list[Misfits], data: st.DataObject) -> None:
    passages = dict.fromkeys("abcd", 12)
    shuffled = data.draw(st.permutations(misfits))
    assert suspects(shuffled, passages, GIVEN) == suspects(misfits, passages, GIVEN)


def test_who_is_no_suspect_only_for_want_of_memory_stays_one_for_a_while() -> None:
    memory, clocks = Memory(Names()), Clocks(GIVEN)
    memory.advance(0, 100)
    for n, (plate, other) in enumerate(((b"1", "km-1"), (b"2", "km-2"), (b"3", "km-3"))):
        memory.keep(plate, sighting(0, n), [])
        memory.note_misfits(plate, frozenset({("km-0", other)}))
    assert clocks.look(memory) == {"km-0"}
    memory.advance(KEPT_SLICES + 1, 200)
    clocks.forgot(memory, KEPT_SLICES + 1, 100)
    assert "km-0" in clocks
    assert list(clocks.needed()) == [100]
    assert clocks.look(memory) == set()
    clocks.forgot(memory, 2 * KEPT_SLICES + 2, 200)
    assert "km-0" not in clocks
    assert list(clocks.needed()) == []
