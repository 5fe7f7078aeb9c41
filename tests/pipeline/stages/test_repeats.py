"""Repeats reach as far back as all that was noted says, and keep no more than a rewind can still need."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.repeats import Repeats

seen = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), max_size=12)


def _noted(steps: list[tuple[int, int]]) -> tuple[Repeats, list[tuple[int, int]]]:
    """Second sendings in the order of the log, each some messages after what its first one needs."""
    repeats, pairs, offset = Repeats(), [], 0
    for back, on in steps:
        offset += on + 1
        pairs.append((offset, max(0, offset - back)))
        repeats.note(*pairs[-1])
    return repeats, pairs


def _reach_by_all(pairs: list[tuple[int, int]], offset: int) -> int:
    reached = min((needed for second, needed in pairs if second >= offset), default=offset)
    return offset if reached >= offset else _reach_by_all(pairs, reached)


@given(seen, st.integers(0, 120))
def test_a_rewind_leaves_no_second_sending_without_its_first(steps: list[tuple[int, int]], offset: int) -> None:
    repeats, pairs = _noted(steps)
    assert repeats.reach(offset) == _reach_by_all(pairs, offset)


@given(seen, st.integers(0, 120), st.integers(0, 120))
def test_what_is_forgotten_is_needed_by_no_later_rewind(steps: list[tuple[int, int]], before: int, later: int) -> None:
    repeats, pairs = _noted(steps)
    reached = repeats.reach(before)
    repeats.forget_before(reached)
    assert repeats.reach(max(reached, later)) == _reach_by_all(pairs, max(reached, later))


def test_a_burst_of_one_vehicle_is_kept_as_one() -> None:
    """A reader that was killed sends a second of reads again."""
    repeats = Repeats()
    for offset in range(100, 600):
        repeats.note(offset, 90)
    assert len(repeats) == 1
    assert repeats.reach(300) == 90
    repeats.forget_before(600)
    assert len(repeats) == 0
