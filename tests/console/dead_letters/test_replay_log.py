"""Whose replay it is: the steps of one, in the order of the log."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from console.dead_letters.replay_log import LEASE, ReplayRecord, standing_of
from schemas.letter_replay import LetterReplay
from tests.pipeline.builders import T0


def step(run: int, after_s: float, state: str = "begun", begin: int = 5, **changes: object) -> LetterReplay:
    fields = {
        "replay_id": UUID(int=1),
        "dead_letter_id": UUID(int=2),
        "run_id": UUID(int=run),
        "state": state,
        "at": T0 + timedelta(seconds=after_s),
        "topic": "reads",
        "partition": 0,
        "begin_offset": begin,
    }
    return ReplayRecord(**fields | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("steps", "holds", "done"),
    [
        ([step(1, 0)], 1, False),
        ([step(1, 0), step(2, 1)], 1, False),
        ([step(1, 0), step(2, LEASE.total_seconds())], 1, False),
        ([step(1, 0), step(2, LEASE.total_seconds() + 1)], 2, False),
        ([step(1, 0), step(2, 29), step(3, 31)], 3, False),
        ([step(1, 0), step(2, 29), step(3, 58)], 3, False),
        ([step(1, 0), step(2, 1), step(1, 2, "done")], 1, True),
        ([step(1, 0), step(2, 31), step(1, 32, "done"), step(3, 100)], 1, True),
    ],
)
def test_the_first_holds_until_it_is_done_or_too_old(steps: list[LetterReplay], holds: int, done: bool) -> None:
    standing = standing_of(steps)
    assert standing is not None
    assert (standing.holds.run_id, standing.done) == (UUID(int=holds), done)


def test_what_may_have_been_sent_is_looked_for_from_the_first_on() -> None:
    standing = standing_of([step(1, 0, begin=7), step(2, 1, begin=9), step(3, 40, begin=3, partition=1)])
    assert standing is not None
    assert standing.begins == {0: 7, 1: 3}


def test_it_is_taken_while_the_lease_runs() -> None:
    standing = standing_of([step(1, 0)])
    assert standing is not None
    assert standing.taken(T0 + LEASE)
    assert not standing.taken(T0 + LEASE + timedelta(seconds=1))
    done = standing_of([step(1, 0, "done")])
    assert done is not None
    assert not done.taken(T0)


def test_without_a_step_nobody_began() -> None:
    assert standing_of([]) is None
