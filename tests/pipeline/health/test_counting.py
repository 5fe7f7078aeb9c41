"""However often a stretch comes, and however long it is the next time, its reads are counted once."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.health.counting import counted, hour_in
from schemas.camera_tally import CameraTally
from schemas.health_file import HealthFile
from tests.pipeline.health.builders import MONDAY, tally

STRETCH = timedelta(seconds=30)


def total(file: HealthFile | None) -> int:
    """Reads of all hours."""
    return sum(one.reads for one in file.hours) if file else 0


def file_of(*tallies: CameraTally) -> HealthFile:
    file: HealthFile | None = None
    for one in tallies:
        file = counted(file, one)
    assert file is not None
    return file


def test_stretches_are_added_up_by_the_hour_that_they_came_in() -> None:
    late = MONDAY + timedelta(minutes=59, seconds=30)
    file = file_of(tally("cam-1", late, 6), tally("cam-1", late + STRETCH, 4, 6, unreadable=1, approaching=3))
    assert [(one.hour_from, one.reads) for one in file.hours] == [(MONDAY, 6), (MONDAY + timedelta(hours=1), 4)]
    assert (file.hours[1].unreadable, file.hours[1].approaching, file.first_at) == (1, 3, late)


def test_a_longer_stretch_takes_the_place_of_those_that_it_holds() -> None:
    parts = [tally("cam-1", MONDAY, 3, 0), tally("cam-1", MONDAY + 10 * timedelta(seconds=1), 2, 3)]
    whole = tally("cam-1", MONDAY, 9, 0, unreadable=2)
    file = file_of(*parts, whole)
    assert (total(file), file.hours[0].unreadable, len(file.stretches)) == (9, 2, 1)
    assert file_of(whole, *parts) == file_of(whole)


def test_another_log_counts_anew() -> None:
    """The topic was made again, or the camera went to another partition: offsets begin elsewhere."""
    first, again = tally("cam-1", MONDAY, 3, 500), tally("cam-1", MONDAY + STRETCH, 4, 0, log="log-2")
    moved = tally("cam-1", MONDAY + 2 * STRETCH, 5, 0, partition=7)
    assert total(file_of(first, again, moved)) == 12


def test_one_from_before_all_that_is_remembered_was_counted() -> None:
    many = [tally("cam-1", MONDAY + n * STRETCH, 2, 2 * n) for n in range(30)]
    file = file_of(*many)
    assert file_of(*many, many[3]) is not None
    assert counted(file, many[3]) is file


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[list[CameraTally]], int]:
    """Slots of a log, each told in pieces that grow as successors tell them again, and how many reads there are."""
    slots, offset = [], 0
    for number in range(draw(st.integers(1, 12))):
        sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
        pieces, begin = [], offset
        for size in sizes:
            pieces.append(tally("cam-1", MONDAY + number * STRETCH, size, begin))
            begin += size
        if draw(st.booleans()):  # a successor that had heard of none of them
            pieces.append(tally("cam-1", MONDAY + number * STRETCH, sum(sizes), offset))
        slots.append([one for piece in pieces for one in [piece] * draw(st.integers(1, 2))])
        offset += sum(sizes)
    return slots, offset


@settings(max_examples=60)
@given(logs())
def test_any_repetition_counts_every_read_once(given_log: tuple[list[list[CameraTally]], int]) -> None:
    slots, reads = given_log
    file = file_of(*(one for slot in slots for one in slot))
    assert total(file) == reads
    assert hour_in(file.hours, MONDAY) is not None
