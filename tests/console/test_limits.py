"""One person's requests: a burst goes through, in the long run the rate holds, and others are not slowed down."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from console.limits import BURST_S, Buckets
from tests.pipeline.runtime.fakes import TurnedClock


@given(st.floats(0.5, 50), st.lists(st.floats(0, 5), max_size=200))
@settings(max_examples=50)
def test_no_more_than_the_rate_in_the_long_run(per_s: float, pauses: list[float]) -> None:
    clock = TurnedClock()
    buckets, begin, granted = Buckets(per_s, clock.monotonic), clock.monotonic(), 0
    for pause in pauses:
        clock.sleep(pause)
        granted += buckets.take("A. Peeters") == 0
        assert granted <= max(1.0, per_s * BURST_S) + per_s * (clock.monotonic() - begin) + 1e-6


def test_who_waits_as_told_is_let_in() -> None:
    clock = TurnedClock()
    buckets = Buckets(0.4, clock.monotonic)
    while not (wait := buckets.take("A. Peeters")):
        pass
    assert wait == 3
    assert buckets.take("B. Claes") == 0, "another person"
    clock.sleep(wait)
    assert buckets.take("A. Peeters") == 0


def test_many_names_do_not_fill_the_memory() -> None:
    clock = TurnedClock()
    buckets = Buckets(30, clock.monotonic)
    for number in range(25_000):
        clock.sleep(0.01)
        buckets.take(str(number))
    assert len(buckets._held) <= 10_001


def test_what_was_asked_beyond_one_token_is_paid_back_by_waiting() -> None:
    clock = TurnedClock()
    buckets = Buckets(10, clock.monotonic)
    assert buckets.take("car-12") == 0
    buckets.owe("car-12", 200)
    wait = buckets.take("car-12")
    assert wait == 11
    clock.sleep(wait - 1)
    assert buckets.take("car-12") > 0
    clock.sleep(1)
    assert buckets.take("car-12") == 0
