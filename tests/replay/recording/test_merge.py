"""Merging partitions: nothing lost, each partition's order kept, the whole in the order of stamps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from replay.recording.format import Recorded
from replay.recording.merge import Merge

PLACES = [("reads", 0), ("reads", 1), ("frames", 0)]


def message(place: int, offset: int, stamp: int) -> Recorded:
    return Recorded(*PLACES[place], offset, stamp, None, b"x")


stamps = st.lists(st.lists(st.integers(0, 50), max_size=12), min_size=3, max_size=3)


@given(stamps, st.randoms(use_true_random=False))
def test_all_come_in_the_order_of_stamps_however_they_arrive(given_stamps: list[list[int]], rng: object) -> None:
    parts = [[message(p, n, at) for n, at in enumerate(sorted(part))] for p, part in enumerate(given_stamps)]
    merge, taken = Merge(PLACES), []
    left = {p: list(part) for p, part in enumerate(parts)}
    while left:
        p = rng.choice(sorted(left))  # type: ignore[attr-defined]
        if left[p]:
            merge.put(left[p].pop(0))
        else:
            merge.at_end(PLACES[p])
            del left[p]
        taken += merge.ready()
    taken += merge.rest()
    assert [one.timestamp_ms for one in taken] == sorted(at for part in given_stamps for at in part)
    for place, part in zip(PLACES, parts, strict=True):
        assert [one for one in taken if (one.topic, one.partition) == place] == part


def test_a_partition_out_of_order_keeps_its_own_order() -> None:
    merge = Merge(PLACES[:1])
    for offset, stamp in enumerate((5, 3, 9, 1)):
        merge.put(message(0, offset, stamp))
    merge.at_end(PLACES[0])
    assert [one.offset for one in merge.ready()] == [0, 1, 2, 3]


def test_nothing_is_given_while_an_earlier_one_may_come() -> None:
    merge = Merge(PLACES[:2])
    merge.put(message(0, 0, 10))
    assert list(merge.ready()) == []
    merge.put(message(1, 0, 4))
    assert [one.timestamp_ms for one in merge.ready()] == [4]
    merge.at_end(PLACES[1])
    assert [one.timestamp_ms for one in merge.ready()] == [10]


def test_what_is_in_hand_is_told_by_partition() -> None:
    merge = Merge(PLACES[:1])
    merge.put(message(0, 0, 1))
    assert merge.held(PLACES[0]) == (1, 1)
    assert list(merge.rest())
    assert merge.held(PLACES[0]) == (0, 0)
