"""Guessing is slowed down, then stopped for minutes, whoever guesses how; right ones go through."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from console.signin.attempts import BY_ADDRESS, BY_NAME, LOCKED_S, Attempts
from console.signin.file import SignInFile
from tests.pipeline.runtime.fakes import TurnedClock


@pytest.fixture
def clock() -> TurnedClock:
    """Three at night."""
    return TurnedClock()


@pytest.fixture
def attempts(tmp_path: Path, clock: TurnedClock) -> Attempts:
    """None yet."""
    return Attempts(SignInFile(tmp_path), clock.now)


def guess(attempts: Attempts, clock: TurnedClock, name: str, address: str, seconds: float) -> int:
    """How many guesses somebody gets through in so long, waiting as told."""
    end, made = clock.monotonic() + seconds, 0
    while clock.monotonic() < end:
        taken = attempts.take(name, address)
        made += not taken.wait_s
        clock.sleep(taken.wait_s or 0.001)
    return made


def test_a_name_gets_few_guesses_a_day(attempts: Attempts, clock: TurnedClock) -> None:
    made = guess(attempts, clock, "A. Peeters", "10.0.0.1", 24 * 3600)
    assert BY_NAME.most <= made <= BY_NAME.most + 24 * 3600 / LOCKED_S


def test_another_address_or_another_way_to_write_it_helps_nobody(attempts: Attempts) -> None:
    names = ("A. Peeters", "a. peeters", " A. PEETERS ")
    taken = [attempts.take(names[n % 3], f"10.0.0.{n}") for n in range(100)]
    assert sum(not one.wait_s for one in taken) == BY_NAME.free


def test_many_names_from_one_address_are_stopped(attempts: Attempts) -> None:
    taken = [attempts.take(f"name {n}", "10.0.0.1") for n in range(200)]
    assert sum(not one.wait_s for one in taken) == BY_ADDRESS.free
    assert not attempts.take("A. Peeters", "10.0.0.2").wait_s


def test_a_hundred_at_once_get_no_further(attempts: Attempts) -> None:
    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda _: attempts.take("A. Peeters", "10.0.0.1"), range(100)))
    assert sum(not one.wait_s for one in taken) == BY_NAME.free


def test_a_success_clears_the_name_and_not_the_address(attempts: Attempts) -> None:
    for n in range(200):
        attempts.take(f"name {n}", "10.0.0.1")
        if not attempts.take("A. Peeters", "10.0.0.1").wait_s:
            attempts.succeeded("A. Peeters", "10.0.0.1")
    assert not attempts.take("A. Peeters", "10.0.0.9").wait_s
    assert attempts.take("B. Claes", "10.0.0.1").wait_s


def test_a_whole_shift_signs_in_from_one_address(attempts: Attempts) -> None:
    for n in range(200):
        assert attempts.take(f"officer {n}", "10.0.0.1").wait_s == 0
        attempts.succeeded(f"officer {n}", "10.0.0.1")


def test_who_will_be_locked_out_is_told_apart_and_it_passes(attempts: Attempts, clock: TurnedClock) -> None:
    locks = []
    while not (taken := attempts.take("A. Peeters", "10.0.0.1")).locks:
        locks.append(taken)
        clock.sleep(taken.wait_s)
    assert attempts.take("A. Peeters", "10.0.0.1").wait_s == LOCKED_S
    clock.sleep(LOCKED_S)
    assert attempts.take("A. Peeters", "10.0.0.1").wait_s == 0
    clock.sleep(2 * 3600)
    assert attempts.take("A. Peeters", "10.0.0.1") == attempts.take("A. Peeters", "10.0.0.1"), "all is forgotten"


def test_it_is_kept_over_a_restart_and_shared(attempts: Attempts, clock: TurnedClock, tmp_path: Path) -> None:
    for _ in range(BY_NAME.free):
        attempts.take("A. Peeters", "10.0.0.1")
    assert Attempts(SignInFile(tmp_path), clock.now).take("A. Peeters", "10.0.0.1").wait_s
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Peeters" not in content, "it may have been a password"


def test_a_clock_that_was_turned_back_locks_nobody_out_for_longer(attempts: Attempts, clock: TurnedClock) -> None:
    while not attempts.take("A. Peeters", "10.0.0.1").wait_s:
        pass
    clock.sleep(-10 * 24 * 3600)
    assert attempts.take("A. Peeters", "10.0.0.1").wait_s <= LOCKED_S
