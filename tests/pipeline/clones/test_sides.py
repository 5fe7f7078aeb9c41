"""The fewest vehicles that explain the passages of a plate."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.clones.sides import conflicts, gap_ms, in_order, needed_kmh, sides_of
from pipeline.clones.sighting import Sighting
from pipeline.travel import IMPOSSIBLE_KMH
from tests.pipeline.clones.sightings import sighting

WAYS = st.lists(
    st.builds(sighting, st.sampled_from([0, 0.2, 10, 50, 100]), st.integers(0, 4000)),
    unique_by=lambda one: one.passage_id,
    max_size=12,
)


def test_two_cars_on_their_ways_are_two_sides() -> None:
    north = [sighting(km, 100 * n) for n, km in enumerate((0, 2, 4))]
    south = [sighting(km, 100 * n + 10) for n, km in enumerate((60, 58, 56))]
    assert sides_of(in_order([*south, *north])) == [north, south]


def test_a_single_odd_one_is_a_side_of_its_own() -> None:
    way = [sighting(0, 0), sighting(50, 100), sighting(1, 200), sighting(2, 300)]
    assert sides_of(way) == [[way[0], way[2], way[3]], [way[1]]]


def test_of_two_that_can_have_come_there_the_nearer_has() -> None:
    near, far, last = sighting(10, 0), sighting(100, 1), sighting(12, 3600)
    assert sides_of([near, far, last]) == [[near, last], [far]]


def test_a_clock_that_may_be_behind_is_stretched_either_way() -> None:
    late, prompt = sighting(0, 0, delay_ms=3_600_000), sighting(50, 1800)
    assert gap_ms(late, prompt) == gap_ms(prompt, late) == 1_800_000
    assert gap_ms(sighting(0, 0), sighting(50, 1800, delay_ms=600_000)) == 2_400_000
    assert conflicts([sighting(0, 0, delay_ms=3_600_000), sighting(50, 10)]) == []
    assert conflicts([sighting(0, 0), sighting(50, 10)]) != []


def test_after_72_minutes_nothing_is_impossible() -> None:
    assert needed_kmh(sighting(0, 0), sighting(1000, 73 * 60)) == 0
    assert needed_kmh(sighting(0, 0), sighting(1000, 71 * 60)) > IMPOSSIBLE_KMH


def test_one_camera_sees_what_is_before_it() -> None:
    assert needed_kmh(sighting(0, 0), sighting(50, 1, camera_id="km-0")) == 0


@given(seen=WAYS)
def test_each_passage_is_of_one_side_and_each_side_is_a_way_that_a_car_can_drive(seen: list[Sighting]) -> None:
    way = in_order(seen)
    sides = sides_of(way)
    assert sorted((one for side in sides for one in side), key=lambda one: one.order) == way
    assert all(conflicts(side) == [] for side in sides)
    assert (len(sides) > 1) == bool(conflicts(way))


@given(seen=WAYS, data=st.data())
def test_the_order_of_arrival_does_not_matter(seen: list[Sighting], data: st.DataObject) -> None:
    assert in_order(data.draw(st.permutations(seen))) == in_order(seen)
