"""A commit that gets no answer neither keeps the loop nor lets the next one overtake it."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from pipeline.runtime.commits import Committer, Offsets, Patience

PLACE = ("reads", 0)


class FrozenBroker:
    """Takes a commit only when told to."""

    def __init__(self) -> None:
        self.answers = Event()
        self.taken: list[tuple[Offsets, Offsets]] = []
        self.refusal: Exception | None = None

    def write(self, offsets: Offsets, rewinds: Offsets) -> None:
        assert self.answers.wait(30)
        if self.refusal is not None:
            raise self.refusal
        self.taken.append((offsets, rewinds))


@pytest.fixture
def broker() -> Iterator[FrozenBroker]:
    made = FrozenBroker()
    yield made
    made.answers.set()


def test_a_commit_that_is_answered(broker: FrozenBroker) -> None:
    broker.answers.set()
    commits = Committer(broker.write)
    commits.commit({PLACE: 3}, {PLACE: 1}, 30)
    assert broker.taken == [({PLACE: 3}, {PLACE: 1})]
    assert commits.idle()


def _commit_when_free(commits: Committer, offsets: Offsets) -> None:
    """While an earlier commit is under way the next one is told so at once."""
    while not commits.idle():
        pass
    commits.commit(offsets, {}, 30)


def test_no_answer_in_time_then_no_other_commit_overtakes_it(broker: FrozenBroker) -> None:
    commits = Committer(broker.write)
    for offset in (3, 4, 5):
        with pytest.raises(TimeoutError):
            commits.commit({PLACE: offset}, {}, 0.01)
        assert not commits.idle()
    broker.answers.set()
    _commit_when_free(commits, {PLACE: 9})
    assert broker.taken == [({PLACE: 3}, {}), ({PLACE: 9}, {})]


@pytest.mark.parametrize("late", [False, True])
def test_a_refusal_reaches_the_caller_even_if_it_comes_late(broker: FrozenBroker, late: bool) -> None:
    broker.refusal = PermissionError("no")
    commits = Committer(broker.write)
    if late:
        with pytest.raises(TimeoutError):
            commits.commit({PLACE: 1}, {}, 0.01)
    broker.answers.set()
    with pytest.raises(PermissionError):
        _commit_when_free(commits, {PLACE: 2})
    assert commits.idle()
    broker.refusal = None
    commits.commit({PLACE: 2}, {}, 30)
    assert broker.taken == [({PLACE: 2}, {})]


class StandingClock:
    """Seconds; stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _lost_at(moments: list[float], answers: list[bool]) -> list[bool]:
    clock, left = StandingClock(), list(answers)
    patience = Patience(lambda: left.pop(0), clock, lost_after_s=60)
    told = []
    for clock.now in moments:
        told.append(patience.lost())
    return told


def test_a_broker_that_answers_nothing_is_waited_for_without_end() -> None:
    assert _lost_at([0, 100, 100_000], [False] * 3) == [False] * 3


def test_a_commit_is_lost_when_all_else_is_answered_for_long() -> None:
    told = _lost_at([0, 50, 61, 100, 121], [True, False, True, True, True])
    assert told == [False, False, False, False, True]


def test_a_commit_that_is_taken_starts_the_patience_anew() -> None:
    clock = StandingClock()
    patience = Patience(lambda: True, clock, lost_after_s=60)
    assert not patience.lost()
    patience.commit_taken()
    clock.now = 70
    assert not patience.lost()
