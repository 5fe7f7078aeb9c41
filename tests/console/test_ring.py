"""The newest hits in bounded memory, and places in the log as subscribers give them back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cursor import CursorUnreadable, positions_of, write_cursor
from console.ring import FellBehind, Ring, Told
from tests.console.hits import hit

LOG = "cluster/topic"
SOME = hit(1)
PLACES = st.dictionaries(st.integers(0, 30), st.integers(0, 10**18 - 1), max_size=31)


def told(partition: int, offset: int, size: int = 10) -> Told:
    return Told(partition, offset, b"x" * size, SOME, 0)


@given(PLACES)
def test_a_place_comes_back_as_it_was_given(places: dict[int, int]) -> None:
    assert positions_of(LOG, write_cursor(LOG, places)) == places


@given(PLACES)
def test_of_another_log_nothing_is_known(places: dict[int, int]) -> None:
    assert positions_of("cluster/made-anew", write_cursor(LOG, places)) == {}


@pytest.mark.parametrize("text", ["", "x", "0", "12345678~", "12345678~1,", "12345678~-1", "12345678~1\n", "a" * 99999,
                                  "12345678~" + "9" * 30, "12345678~١", "1234567G~1"])  # fmt: skip
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(CursorUnreadable):
        positions_of(LOG, text)


def test_who_begins_now_gets_what_comes_and_nothing_before() -> None:
    ring = Ring()
    ring.put([told(0, 7)], {0: 8, 1: 0})
    places, number = ring.now()
    assert places == {0: 8, 1: 0}
    assert ring.after(number) == []
    ring.put([told(1, 0), told(0, 8)], {1: 1, 0: 9})
    assert [(one.partition, one.offset) for one in ring.after(number)] == [(1, 0), (0, 8)]


def test_who_lacks_what_was_dropped_must_read_the_log_first() -> None:
    ring = Ring(most=2)
    ring.put([told(0, 5), told(0, 6), told(1, 3), told(0, 7)], {0: 8, 1: 4})
    assert ring.starts() == {0: 7, 1: 3}
    assert ring.join({0: 5, 1: 3}) is None
    assert ring.join({1: 3}) is None
    number = ring.join({0: 7, 1: 3})
    assert number is not None
    assert [one.offset for one in ring.after(number)] == [3, 7]


def test_a_partition_of_which_nothing_was_read_is_missing_nothing() -> None:
    ring = Ring()
    ring.put([], {0: 0})
    assert ring.join({}) == 0
    ring.put([], {1: 4})
    assert ring.join({}) is None
    assert ring.join({1: 4}) == 0


def test_who_falls_behind_is_told_so() -> None:
    ring = Ring(most=10)
    _, number = ring.now()
    for offset in range(11):
        ring.put([told(0, offset)], {0: offset + 1})
    with pytest.raises(FellBehind):
        ring.after(number)


def test_large_messages_are_bounded_by_their_bytes() -> None:
    ring = Ring(most=1000, most_bytes=100)
    ring.put([told(0, offset, size=40) for offset in range(5)], {0: 5})
    number = ring.join({0: 3})
    assert number is not None
    assert [one.offset for one in ring.after(number)] == [3, 4]
    assert ring.join({0: 2}) is None


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), max_size=60), st.integers(1, 8), st.integers(1, 4))
def test_a_reader_that_keeps_up_misses_nothing_whatever_is_dropped(
    puts: list[tuple[int, int]], most: int, at_once: int
) -> None:
    ring, ends, seen, sent = Ring(most=most), dict.fromkeys(range(3), 0), [], []
    ring.put([], ends)
    _, number = ring.now()
    for partition, count in puts:
        some = [told(partition, ends[partition] + n) for n in range(min(count, most))]
        ends[partition] += len(some)
        ring.put(some, {partition: ends[partition]})
        sent += some
        while found := ring.after(number, at_once):
            seen += found
            number += len(found)
    assert seen == sent
