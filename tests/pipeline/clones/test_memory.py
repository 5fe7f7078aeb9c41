"""What is remembered of a partition, and for how long."""

from __future__ import annotations

from pipeline.clones.memory import KEPT_SLICES, MOST_OF_A_PLATE, Memory
from pipeline.clones.sighting import Names, Sighting
from tests.pipeline.clones.sightings import sighting

PLATE = b"1ABC234"


def remember(memory: Memory, one: Sighting) -> list[Sighting]:
    """As the partition does."""
    known = memory.of(PLATE)
    memory.keep(PLATE, one, known)
    assert sorted(known, key=lambda s: s.order) == sorted(memory.of(PLATE), key=lambda s: s.order)
    return known


def test_slices_are_let_go_whole_and_time_never_goes_back() -> None:
    memory = Memory(Names())
    for number in range(KEPT_SLICES + 1):
        assert memory.advance(number, 10 * number) == []
        remember(memory, sighting(number, number))
    assert memory.advance(1, 999) == []
    assert len(memory.of(PLATE)) == KEPT_SLICES + 1
    (gone,) = memory.advance(KEPT_SLICES + 1, 50)
    assert gone.number == 0
    assert memory.slices[0].offset == 10
    assert len(memory.of(PLATE)) == KEPT_SLICES
    assert len(memory.advance(100, 60)) == KEPT_SLICES + 1
    assert memory.of(PLATE) == []


def test_a_revision_replaces_what_it_revises_and_lives_from_then_on() -> None:
    memory = Memory(Names())
    memory.advance(0, 0)
    first, other = sighting(0, 0), sighting(1, 60)
    remember(memory, first)
    remember(memory, other)
    memory.advance(3, 10)
    revised = sighting(0, 0, revision=2)
    remember(memory, revised)
    assert memory.of(PLATE) == [other, revised]
    assert memory.passages_at(["km-0", "km-1"]) == {"km-0": 1, "km-1": 1}
    memory.advance(KEPT_SLICES + 1, 20)
    assert memory.of(PLATE) == [revised]


def test_of_one_plate_only_the_latest_are_kept() -> None:
    memory = Memory(Names())
    for n in range(3 * MOST_OF_A_PLATE):
        memory.advance(n // MOST_OF_A_PLATE, n)
        remember(memory, sighting(0, n))
    kept = memory.of(PLATE)
    assert [one.captured_ms // 1000 for one in kept] == list(range(2 * MOST_OF_A_PLATE, 3 * MOST_OF_A_PLATE))


def test_misfits_are_those_last_noted() -> None:
    memory = Memory(Names())
    memory.advance(0, 0)
    pairs = frozenset({("a", "b")})
    assert memory.note_misfits(PLATE, pairs)
    assert not memory.note_misfits(PLATE, pairs)
    assert memory.misfits() == {PLATE: pairs}
    assert memory.note_misfits(PLATE, frozenset())
    assert not memory.note_misfits(PLATE, frozenset())
    assert memory.misfits() == {}


def test_a_camera_is_told_to_be_ahead_once_enough_plates_say_so() -> None:
    memory = Memory(Names())
    memory.advance(0, 0)
    plates = [b"1", b"1", b"2", b"3", b"4"]
    assert [memory.note_ahead("a", plate, 3) for plate in plates] == [False, False, False, True, False]
