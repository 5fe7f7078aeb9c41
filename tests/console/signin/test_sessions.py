"""A session begins, is kept open by somebody who is there, locks, goes on, and ends; its key is kept nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.signin.file import SignInFile, SignInUnusable
from console.signin.rules import Rules
from console.signin.sessions import Sessions
from tests.pipeline.runtime.fakes import TurnedClock

RULES = Rules()
IDLE_S, LIFE_S = RULES.idle.total_seconds(), RULES.absolute.total_seconds()


@pytest.fixture
def clock() -> TurnedClock:
    """Three at night."""
    return TurnedClock()


@pytest.fixture
def sessions(tmp_path: Path, clock: TurnedClock) -> Sessions:
    """None yet."""
    return Sessions(SignInFile(tmp_path), clock.now, RULES)


def test_who_is_there_stays_in_and_who_is_not_is_locked_out(sessions: Sessions, clock: TurnedClock) -> None:
    key = sessions.begin("A. Peeters", "password")
    clock.sleep(IDLE_S - 1)
    held = sessions.find(key)
    assert held is not None
    assert (held.officer, held.locked) == ("A. Peeters", False)
    sessions.touch(key, held)
    clock.sleep(IDLE_S - 1)
    again = sessions.find(key)
    assert again is not None
    assert not again.locked
    clock.sleep(1)
    late = sessions.find(key)
    assert late is not None
    assert late.locked
    sessions.touch(key, late)
    still = sessions.find(key)
    assert still is not None
    assert still.locked, "a request opens nothing"


def test_a_locked_one_goes_on_under_another_key_until_the_same_end(sessions: Sessions, clock: TurnedClock) -> None:
    key = sessions.begin("A. Peeters", "password")
    clock.sleep(LIFE_S - 60)
    held = sessions.find(key)
    assert held is not None
    new = sessions.renew(key, held)
    opened = sessions.find(new)
    assert opened is not None
    assert (opened.officer, opened.locked, opened.began) == ("A. Peeters", False, held.began)
    assert opened.csrf != held.csrf
    assert sessions.find(key) is None
    clock.sleep(60)
    assert sessions.find(new) is None


def test_locked_by_hand_it_waits_for_the_password(sessions: Sessions) -> None:
    key = sessions.begin("A. Peeters", "password")
    sessions.lock(key)
    held = sessions.find(key)
    assert held is not None
    assert held.locked


def test_an_end_holds_at_once_and_for_all_processes(sessions: Sessions, clock: TurnedClock, tmp_path: Path) -> None:
    other = Sessions(SignInFile(tmp_path), clock.now, RULES)
    one, two, foreign = (sessions.begin(name, "password") for name in ("A. Peeters", "A. Peeters", "B. Claes"))
    assert other.find(one) is not None
    assert other.end(one)
    assert sessions.find(one) is None
    assert not sessions.end(one)
    assert other.end_all("A. Peeters") == 1
    assert sessions.find(two) is None
    assert sessions.find(foreign) is not None


def test_the_file_is_its_owner_s_and_holds_no_key(sessions: Sessions, tmp_path: Path) -> None:
    keys = [sessions.begin("A. Peeters", "password") for _ in range(3)]
    files = sorted(tmp_path.iterdir())
    assert files
    for path in files:
        assert path.stat().st_mode & 0o077 == 0, path
        content = path.read_bytes()
        assert not any(key.encode() in content for key in keys)


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "sign-in.db").write_text("no database at all, but quite some text" * 100)
    with pytest.raises(SignInUnusable, match="the file of sign-ins, cannot be used"):
        SignInFile(tmp_path)


@given(st.text(max_size=80))
@settings(max_examples=50)
def test_no_made_up_key_is_one(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "made-up"
    sessions = Sessions(SignInFile(folder), TurnedClock().now, RULES)
    assert sessions.find(key) is None
