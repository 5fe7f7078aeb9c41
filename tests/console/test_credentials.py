"""Tokens and secrets that are derived, and the door that asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.exceptions import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from console.credentials import Credentials
from console.door import Door, NotAdmitted
from schemas.webhook import sign_webhook
from sinks.clickhouse.officers import FOREVER
from sinks.clickhouse.subscribers import Subscriber

OURS = Credentials(b"a key of these tests, long enough")
THEIRS = Credentials(b"a key of somebody else, as long..")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,39}", fullmatch=True)


@given(NAMES, st.integers(1, 10**9 - 1))
def test_a_token_names_its_bearer_and_no_other_key_makes_it(name: str, generation: int) -> None:
    token = OURS.token(name, generation)
    assert OURS.bearer(token) == (name, generation)
    assert THEIRS.bearer(token) is None
    assert OURS.bearer(token.replace(f".{generation}.", f".{generation + 1}.")) is None


@pytest.mark.parametrize(
    "token", ["", "anpr_", "anpr_a.1.", "anpr_a.1." + "A" * 43, "x" * 10_000, "anpr_a.0." + "A" * 43, "anpr_a.1.é"]
)
def test_what_is_no_token_is_none(token: str) -> None:
    assert OURS.bearer(token) is None
    assert OURS.bearer(OURS.token("a", 1) + token + " ") is None


def test_secrets_differ_by_name_generation_and_purpose_and_can_sign() -> None:
    made = {OURS.signing_secret(name, generation) for name in ("a", "b") for generation in (1, 2)}
    assert len(made) == 4
    assert all(sign_webhook([secret], "msg_1", NOW, b"") for secret in made)
    assert not any(OURS.token("a", 1).endswith(secret.removeprefix("whsec_").rstrip("=")) for secret in made)


def test_a_key_that_could_be_guessed_is_refused_and_none_is_printed() -> None:
    with pytest.raises(ValueError, match="24 bytes at least"):
        Credentials(b"short")
    assert "key of these" not in repr(OURS)


class Register:
    """A register that a test changes, or takes away."""

    def __init__(self, *subscribers: Subscriber) -> None:
        self.subscribers: Sequence[Subscriber] = subscribers
        self.away = False

    def read(self) -> Sequence[Subscriber]:
        if self.away:
            raise OperationalError("connection refused")
        return self.subscribers


ONE = Subscriber("one", 2, zones=("BRU-NORTH",), valid_from=NOW, valid_until=FOREVER, rotated_at=NOW)


def _door(register: Register) -> Door:
    return Door(register.read, OURS, lambda: NOW)


def test_who_holds_a_token_that_holds_is_let_in() -> None:
    door = _door(Register(ONE))
    assert door.admit(OURS.token("one", 2)) == ONE
    assert door.holds(ONE)
    for token in (OURS.token("one", 1), OURS.token("one", 3), OURS.token("two", 1), THEIRS.token("one", 2), "x"):
        with pytest.raises(NotAdmitted):
            door.admit(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": NOW},
        {"generation": 3},
        {"zones": ()},
        {"classes": ("alert",)},
    ],
    ids=["ended", "rotated", "told more", "told less"],
)
def test_whose_rights_change_no_longer_holds_and_somebody_is_woken(changes: dict[str, object]) -> None:
    register, woken = Register(ONE), []
    door = _door(register)
    door.on_change = lambda: woken.append(1)
    door.look()
    assert woken == []
    register.subscribers = [replace(ONE, **changes)]  # type: ignore[arg-type]
    door.look()
    assert (door.holds(ONE), woken) == (False, [1])


def test_a_token_of_a_moment_ago_is_good_at_once() -> None:
    register = Register()
    door = _door(register)
    register.subscribers = [ONE]
    assert door.admit(OURS.token("one", 2)) == ONE


def test_while_the_store_is_away_who_was_known_stays_known() -> None:
    register = Register(ONE)
    door = _door(register)
    register.away = True
    door.look()
    assert (door.holds(ONE), door.store_away) == (True, True)
    assert door.admit(OURS.token("one", 2)) == ONE
    with pytest.raises(NotAdmitted):
        door.admit(OURS.token("new", 1))
    register.away, register.subscribers = False, []
    door.look()
    assert (door.holds(ONE), door.store_away) == (False, False)


def test_only_those_with_a_webhook_that_hold_are_sent_to() -> None:
    sent = replace(ONE, name="two", webhook_url="https://x.example")
    ended = replace(sent, name="three", valid_until=NOW - timedelta(seconds=1))
    assert _door(Register(ONE, sent, ended)).with_webhooks() == {"two": sent}
