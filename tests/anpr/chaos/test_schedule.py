"""The strikes of a run: a function of its seed, every part in turn, never two brokers at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from anpr.chaos.plan import API, BROKER, CLICKHOUSE, CONTROLLER, ChaosPlan
from anpr.chaos.schedule import schedule

BROKERS = {BROKER, CONTROLLER}


@given(st.integers(0, 10_000))
def test_the_same_seed_gives_the_same_strikes(seed: int) -> None:
    assert schedule(ChaosPlan(kills=50, seed=seed)) == schedule(ChaosPlan(kills=50, seed=seed))


def test_another_seed_gives_others() -> None:
    assert schedule(ChaosPlan(kills=20, seed=1)) != schedule(ChaosPlan(kills=20, seed=2))


@given(st.integers(0, 10_000))
def test_every_part_is_struck_in_fifty(seed: int) -> None:
    plan = ChaosPlan(kills=50, seed=seed)
    struck = {part for strike in schedule(plan) for part in strike.parts}
    assert struck == {*plan.instances(), CLICKHOUSE, API, BROKER, CONTROLLER}


@given(st.integers(0, 10_000))
def test_never_two_brokers_at_once(seed: int) -> None:
    strikes = schedule(ChaosPlan(kills=50, seed=seed))
    assert all(sum(part in BROKERS for part in strike.parts) <= 1 for strike in strikes)
    assert any(len(strike.parts) == 2 for strike in strikes)


def test_each_fourth_comes_in_the_midst_of_what_the_last_one_left() -> None:
    strikes = schedule(ChaosPlan(kills=50))
    assert [strike.number for strike in strikes if strike.midst] == list(range(4, 51, 4))


@given(st.integers(0, 10_000))
def test_a_broker_in_memory_is_only_frozen(seed: int) -> None:
    for strike in schedule(ChaosPlan(kills=50, seed=seed, broker="embedded")):
        assert strike.manner == "freeze" or BROKER not in strike.parts
        assert (strike.manner == "freeze") == (strike.frozen_s > 0)


def test_the_embedded_broker_has_one_worker_of_a_flow() -> None:
    assert set(ChaosPlan(broker="embedded").instances()) == set(ChaosPlan().workers)
    assert ChaosPlan().instances()["match-2"] == "match"


def test_no_part_has_the_name_of_another() -> None:
    plan = ChaosPlan()
    parts = [*plan.instances(), CLICKHOUSE, API, BROKER, CONTROLLER]
    assert len(parts) == len(set(parts))
