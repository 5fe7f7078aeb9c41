"""Idempotent producers: nothing twice, nothing out of order, nothing of a predecessor."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.partition import Partition
from anpr.embedded.log_broker.producers import FORGOTTEN_AFTER_MS, REMEMBERED_BATCHES
from tests.anpr.embedded.log_broker.batches import batch_of

PRODUCER = 7


def _append(log: Partition, sequence: int, *, count: int = 1, epoch: int = 0, now_ms: int = 0) -> int:
    batch = batch_of([b"x"] * count, producer_id=PRODUCER, epoch=epoch, sequence=sequence)
    return log.append(batch, now_ms)


def _refusal(log: Partition, sequence: int, **how: int) -> Code:
    with pytest.raises(Refused) as refused:
        _append(log, sequence, **how)
    return refused.value.code


@settings(max_examples=30)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=9), st.data())
def test_what_is_sent_again_is_not_written_again(counts: list[int], data: st.DataObject) -> None:
    log, sent, sequence = Partition("t", 0), [], 0
    for count in counts:
        sent.append((sequence, count, _append(log, sequence, count=count)))
        sequence += count
        again = data.draw(st.sampled_from(sent[-REMEMBERED_BATCHES:]))
        assert _append(log, again[0], count=again[1]) == again[2]
        assert log.end == sum(count for _, count, _ in sent)


def test_a_gap_and_a_long_step_back_are_refused() -> None:
    log = Partition("t", 0)
    for sequence in range(REMEMBERED_BATCHES + 1):
        _append(log, sequence)
    assert _refusal(log, REMEMBERED_BATCHES + 2) is Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert _refusal(log, 0) is Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert log.end == REMEMBERED_BATCHES + 1


def test_a_successor_begins_anew_and_shuts_the_predecessor_out() -> None:
    log = Partition("t", 0)
    _append(log, 0)
    assert _refusal(log, 1, epoch=1) is Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    _append(log, 0, epoch=1)
    assert _refusal(log, 1, epoch=0) is Code.INVALID_PRODUCER_EPOCH


def test_an_unknown_producer_may_go_on_anywhere() -> None:
    log = Partition("t", 0)
    assert _append(log, 41) == 0
    assert _append(log, 42) == 1


def test_sequences_begin_again_after_the_highest() -> None:
    log = Partition("t", 0)
    _append(log, 2**31 - 2, count=3)
    assert _append(log, 1) == 3


def test_whoever_is_idle_for_a_day_is_forgotten() -> None:
    log = Partition("t", 0)
    _append(log, 0)
    log.producers.forget_idle(FORGOTTEN_AFTER_MS)
    assert _refusal(log, 5) is Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    log.producers.forget_idle(FORGOTTEN_AFTER_MS + 1)
    assert _append(log, 5) == 1
