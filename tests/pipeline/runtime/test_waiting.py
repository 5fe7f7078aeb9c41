"""Who waits shows life, for what and since when; and a call that never ends holds nobody."""

from __future__ import annotations

import threading

import pytest

from pipeline.runtime import metric_list
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.waiting import DEPENDENCIES, GRACE_S, LeftWaiting, Waiting, patiently
from tests.pipeline.runtime.fakes import TurnedClock


def test_it_tells_how_long_it_has_waited_for_what() -> None:
    clock = TurnedClock()
    waiting = Waiting("store", Metrics(), clock)
    assert waiting.report() == {}
    waiting.note("store")
    clock.sleep(90)
    waiting.note("store")
    assert waiting.report() == {"state": "waiting for the store for 90 s", "waiting_for": "store", "waiting_s": 90.0}
    waiting.note("broker")
    assert waiting.report()["waiting_s"] == 0
    waiting.over()
    assert waiting.report() == {}


def test_every_turn_of_waiting_is_a_sign_of_life_and_who_is_told_to_end_leaves() -> None:
    beats: list[int] = []
    clock = TurnedClock()
    waiting = Waiting("store", Metrics(), clock, lambda: beats.append(1))
    waiting.end_soon()
    waiting.note("store")
    clock.sleep(GRACE_S + 1)
    with pytest.raises(LeftWaiting):
        waiting.note("store")
    assert len(beats) == 2


def test_the_metrics_know_what_may_be_waited_for() -> None:
    assert metric_list.DEPENDENCIES == DEPENDENCIES


def test_a_call_that_answers_soon_is_no_waiting() -> None:
    assert patiently(lambda: 7, pytest.fail) == 7


def test_a_slow_call_is_waited_for_with_signs_of_life() -> None:
    go_on = threading.Event()

    def slow() -> bool:
        return go_on.wait(30)

    assert patiently(slow, go_on.set, quiet_s=0.01) is True


def test_what_a_call_raises_comes_through_a_time_out_of_its_own_too() -> None:
    def fail() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        patiently(fail, pytest.fail)
