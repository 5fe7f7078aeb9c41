"""The uploader: in order, as slowly as the door wishes, and nothing is given up but what the door will never take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from anpr.edge.door import Answer
from anpr.edge.items import Batch, Item, Refused
from anpr.edge.spool import Spool
from anpr.edge.uploader import LONGEST_WAIT_S, SPREAD, Uploader

Script = Callable[[str, Batch], Answer]
TAKEN = Answer("taken", "200")


class Scripted:
    """A door that answers as a test says, and notes what it was sent."""

    def __init__(self, answer: Script) -> None:
        self._answer = answer
        self.sent: list[tuple[str, int, list[int]]] = []

    def upload(self, spool: str, batch: Batch) -> Answer:
        self.sent.append((spool, batch.number, [int(one.body) for one in batch.items]))
        return self._answer(spool, batch)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """With five reads."""
    spool = Spool(tmp_path)
    spool.put([Item("read", str(number).encode()) for number in range(5)])
    return spool


def steps(spool: Spool, answer: Script, most: int = 100) -> tuple[Scripted, list[float]]:
    """Upload until nothing waits; what was sent, and for how long it would have waited in between."""
    door, waits = Scripted(answer), []
    uploader = Uploader(spool, door, draw=max)  # type: ignore[arg-type]
    for _ in range(most):
        batch = spool.next_batch(uploader._most_reads, 1_000)
        if batch is None:
            break
        waits.append(uploader.step(batch))
    return door, waits


def test_all_that_waits_is_uploaded_at_once(spool: Spool) -> None:
    door, waits = steps(spool, lambda _spool, _batch: TAKEN)
    assert [sent[1:] for sent in door.sent] == [(1, [0, 1, 2, 3, 4])]
    assert waits == [0.0]
    assert (spool.state().uploaded, spool.state().trouble) == (5, "")


def test_a_door_that_is_away_is_waited_for_longer_each_time_with_the_same_upload(spool: Spool) -> None:
    door, waits = steps(spool, lambda _spool, _batch: Answer("later", "503: slow"), most=12)
    assert {sent[1:][0] for sent in door.sent} == {1}
    assert waits == sorted(waits)
    assert waits[0] == 0.5
    assert waits[-1] == LONGEST_WAIT_S
    assert spool.state().trouble == "503: slow"
    assert spool.state().spooled == 5


def test_the_door_s_wish_is_followed_and_spread(spool: Spool) -> None:
    _door, waits = steps(spool, lambda _spool, _batch: Answer("later", "503", after_s=30.0), most=1)
    assert waits == [30.0 * (1 + SPREAD)]


def test_after_a_success_it_begins_anew(spool: Spool) -> None:
    answers = iter([Answer("later", ""), Answer("later", ""), TAKEN, Answer("later", "")])
    _door, waits = steps(spool, lambda _spool, _batch: next(answers), most=3)
    spool.put([Item("read", b"6")])
    _door, more = steps(spool, lambda _spool, _batch: next(answers), most=1)
    assert (waits, more) == ([0.5, 1.0, 0.0], [0.5])


def test_too_large_an_upload_is_cut_smaller_and_what_is_too_large_alone_is_set_aside(spool: Spool) -> None:
    def answer(_spool: str, batch: Batch) -> Answer:
        return TAKEN if len(batch.items) == 1 and batch.items[0].body != b"2" else Answer("too_large", "413")

    door, _waits = steps(spool, answer)
    assert [sent[1] for sent in door.sent] == sorted({sent[1] for sent in door.sent}), "each cut has its own number"
    assert [sent[2] for sent in door.sent if len(sent[2]) == 1] == [[0], [1], [2], [3], [4]]
    assert [body for _kind, body, _reason, _detail in spool.refused_items()] == [b"2"]


def test_what_spoils_an_upload_is_found_by_halves(spool: Spool) -> None:
    def answer(_spool: str, batch: Batch) -> Answer:
        return Answer("refused", "422") if b"3" in [one.body for one in batch.items] else TAKEN

    steps(spool, answer)
    assert (spool.state().uploaded, spool.state().refused, spool.state().spooled) == (4, 1, 0)


def test_refused_reads_are_set_aside_and_the_others_are_done(spool: Spool) -> None:
    refused = (Refused(1, "camera_not_yours", "why"),)
    steps(spool, lambda _spool, _batch: Answer("taken", "200", refused, skew_s=-1.5))
    assert (spool.state().uploaded, spool.state().refused, spool.state().clock_skew_s) == (4, 1, -1.5)


def test_a_token_that_does_not_hold_loses_nothing(spool: Spool) -> None:
    steps(spool, lambda _spool, _batch: Answer("not_admitted", "401: revoked"), most=4)
    assert (spool.state().spooled, spool.state().trouble) == (5, "401: revoked")


def test_a_spool_that_the_door_knows_otherwise_is_begun_anew(spool: Spool) -> None:
    old = spool.name
    door, _waits = steps(spool, lambda name, _batch: Answer("other_content", "409") if name == old else TAKEN)
    assert [sent[2] for sent in door.sent] == [[0, 1, 2, 3, 4]] * 2
    assert door.sent[0][0] == old != door.sent[1][0]
