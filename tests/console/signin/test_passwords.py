"""Local users: the right password and code let in, nothing else does, and nothing tells which was wrong."""

from __future__ import annotations

import string
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher

from console.signin import passwords
from console.signin.file import SignInFile
from console.signin.passwords import LocalUsers, PasswordRefused, made_password, made_secret
from console.signin.rules import Rules
from console.signin.sessions import Sessions
from tests.pipeline.runtime.fakes import TurnedClock

PASSWORD = "correct horse battery"
TODAY = "$argon2id$v=19$m=19456,t=2,p=1"
"""How each hash begins that is made now."""


@pytest.fixture
def clock() -> TurnedClock:
    """Three at night."""
    return TurnedClock()


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap hashes: most tests are not about their strength."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)
    monkeypatch.setattr(passwords, "_NOBODY", cheap.hash("nobody's"))


@pytest.fixture
def users(tmp_path: Path, clock: TurnedClock) -> LocalUsers:
    """One, with a password."""
    made = LocalUsers(SignInFile(tmp_path), clock.now)
    made.set_password("A. Peeters", PASSWORD)
    return made


def test_the_right_password_lets_in_and_only_that(users: LocalUsers, tmp_path: Path) -> None:
    assert users.check("A. Peeters", PASSWORD, "")
    assert not users.check("A. Peeters", PASSWORD + " ", "")
    assert not users.check("B. Nobody", PASSWORD, "")
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert PASSWORD.encode() not in stored
    assert f"{TODAY}$".encode() in stored


@pytest.mark.usefixtures("light")
def test_the_same_letters_from_another_keyboard_are_the_same(users: LocalUsers) -> None:
    users.set_password("A. Peeters", "cafe\N{COMBINING ACUTE ACCENT} de la gare")
    assert users.check("A. Peeters", "caf\N{LATIN SMALL LETTER E WITH ACUTE} de la gare", "")


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("password", ["\ud800" * 12, "\0" * 20, "x" * 1024])
def test_whatever_is_typed_is_only_wrong(users: LocalUsers, password: str) -> None:
    assert not users.check("A. Peeters", password, password)


@pytest.mark.usefixtures("light")
def test_a_change_ends_what_was_signed_in(users: LocalUsers, tmp_path: Path, clock: TurnedClock) -> None:
    sessions = Sessions(SignInFile(tmp_path), clock.now, Rules())
    key, other = sessions.begin("A. Peeters", "password"), sessions.begin("B. Claes", "password")
    users.set_password("A. Peeters", "another sentence")
    assert sessions.find(key) is None
    assert sessions.find(other) is not None
    assert not users.check("A. Peeters", PASSWORD, "")
    assert users.remove("A. Peeters")
    assert not users.check("A. Peeters", "another sentence", "")
    assert not users.remove("A. Peeters")


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize(
    ("password", "words"),
    [("short", "12 to 256 characters"), ("x" * 257, "12 to 256"), ("I am A. Peeters!", "contains the name")],
)
def test_what_could_be_guessed_is_refused(users: LocalUsers, password: str, words: str) -> None:
    with pytest.raises(PasswordRefused, match=words):
        users.set_password("A. Peeters", password)
    assert users.check("A. Peeters", PASSWORD, "")


def test_a_made_password_is_typed_without_doubt() -> None:
    made = {made_password() for _ in range(100)}
    assert len(made) == 100
    assert all(set(one) <= set(string.ascii_lowercase + string.digits + "-") - set("il10o") for one in made)


@pytest.mark.usefixtures("light")
def test_a_code_is_needed_once_it_is_set_and_holds_once(users: LocalUsers, clock: TurnedClock) -> None:
    secret, address = made_secret("A. Peeters")
    assert address.startswith("otpauth://totp/")
    with pytest.raises(PasswordRefused, match="not right"):
        users.set_second_factor("A. Peeters", secret, "000000x")
    assert users.check("A. Peeters", PASSWORD, ""), "a wrong code sets nothing"
    codes = pyotp.TOTP(secret)
    users.set_second_factor("A. Peeters", secret, codes.at(clock.now()))
    assert not users.check("A. Peeters", PASSWORD, codes.at(clock.now())), "it was used to set it"
    clock.sleep(60)
    code = codes.at(clock.now())
    assert not users.check("A. Peeters", PASSWORD, "")
    assert not users.check("A. Peeters", "not my password", code)
    assert users.check("A. Peeters", PASSWORD, f" {code[:3]} {code[3:]} ")
    assert not users.check("A. Peeters", PASSWORD, code), "somebody looked over the shoulder"
    assert users.end_second_factor("A. Peeters")
    assert users.check("A. Peeters", PASSWORD, "")


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_telephone_may_be_half_a_minute_off(users: LocalUsers, clock: TurnedClock, steps: int, right: bool) -> None:
    secret, _ = made_secret("A. Peeters")
    code = pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30 * steps))
    with nullcontext() if right else pytest.raises(PasswordRefused):
        users.check_code(secret, code)


def test_a_name_without_a_password_takes_as_long(users: LocalUsers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work, not the same time: that would be a test of the machine."""
    verified: list[str] = []
    real = passwords._verified

    def noted(known: str, given: str) -> bool:
        verified.append(known)
        return real(known, given)

    monkeypatch.setattr(passwords, "_verified", noted)
    users.check("A. Peeters", "wrong", "")
    users.check("B. Nobody", "wrong", "")
    parameters = {one.rsplit("$", 2)[0] for one in verified}
    assert len(verified) == 2
    assert parameters == {TODAY}


@pytest.mark.parametrize(("passes", "memory_kib"), [(1, 1024), (2, 32_768), (3, 19_456)])
def test_a_hash_of_before_is_made_anew_by_the_next_right_password(
    users: LocalUsers, tmp_path: Path, passes: int, memory_kib: int
) -> None:
    """Weaker, and stronger: as they were made until then."""
    before = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1).hash(PASSWORD)
    file = SignInFile(tmp_path)
    file.change("UPDATE users SET password = ?", before)
    assert not users.check("A. Peeters", "wrong", "")
    assert stored_hash(file) == before, "nobody has shown the password yet"
    assert users.check("A. Peeters", PASSWORD, "")
    anew = stored_hash(file)
    assert anew.startswith(f"{TODAY}$")
    assert users.check("A. Peeters", PASSWORD, "")
    assert stored_hash(file) == anew, "once is enough"


def stored_hash(file: SignInFile) -> str:
    """Of the one officer."""
    return str(file.rows("SELECT password FROM users")[0][0])


@pytest.mark.usefixtures("light")
def test_a_password_that_is_changed_at_that_moment_stays_changed(
    users: LocalUsers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = PasswordHasher(time_cost=1, memory_cost=128, parallelism=1).hash(PASSWORD)
    SignInFile(tmp_path).change("UPDATE users SET password = ?", before)
    real = passwords._hashed

    def meanwhile(password: str) -> str:
        monkeypatch.setattr(passwords, "_hashed", real)
        users.set_password("A. Peeters", "another sentence")
        return real(password)

    monkeypatch.setattr(passwords, "_hashed", meanwhile)
    assert users.check("A. Peeters", PASSWORD, ""), "it was right when it was asked"
    assert not users.check("A. Peeters", PASSWORD, "")
    assert users.check("A. Peeters", "another sentence", "")
