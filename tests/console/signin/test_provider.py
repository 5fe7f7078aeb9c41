"""Sign-in at a provider: the right one is believed, and nothing that only looks like it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from console.signin.provider import Provider, ProviderAway, ProviderConfig, ProviderRefused
from tests.console.signin.local_provider import (
    CLIENT,
    SECRET,
    LocalProvider,
    by_shared_secret,
    new_key,
    serving,
    signed,
    unsigned,
)
from tests.pipeline.runtime.fakes import TurnedClock

BACK = "http://127.0.0.1:8080/sign-in/back"
VERIFIER = "v" * 43


@dataclass
class Asked:
    """We, and the provider."""

    provider: LocalProvider
    clock: TurnedClock
    own: Provider
    browser: httpx.Client

    def code(self, *, nonce: str = "n1", verifier: str = VERIFIER) -> str:
        """As a browser brings it back."""
        place = self.own.address(back=BACK, state="s1", nonce=nonce, verifier=verifier, again=False)
        back = urlsplit(self.browser.get(place).headers["location"])
        assert parse_qs(back.query)["state"] == ["s1"]
        return parse_qs(back.query)["code"][0]

    def officer(self, code: str | None = None, *, nonce: str = "n1", verifier: str = VERIFIER) -> str:
        return self.own.officer(code=code or self.code(), back=BACK, nonce=nonce, verifier=verifier)


def config(issuer: str, **more: Any) -> ProviderConfig:
    return ProviderConfig(issuer, CLIENT, **{"client_secret": SECRET, **more})


@pytest.fixture
def asked() -> Iterator[Asked]:
    """A provider that says what is right."""
    clock = TurnedClock()
    local = LocalProvider(now=lambda: clock.now().timestamp())
    with serving(local) as provider, httpx.Client(verify=False) as browser:
        own = Provider(config(provider.issuer), clock.now, clock.monotonic)
        made = Asked(provider, clock, own, browser)
        yield made
        made.own.close()


def test_who_comes_back_is_named(asked: Asked) -> None:
    assert asked.officer() == "A. Peeters"
    assert asked.officer() == "A. Peeters"
    assert asked.provider.asked_keys == 1


@pytest.mark.parametrize(
    "said",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": [CLIENT, "another"]},
        {"azp": "another"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"sub": None},
        {"preferred_username": None},
        {"preferred_username": ""},
        {"preferred_username": ["A. Peeters"]},
        {"preferred_username": "x" * 65},
    ],
    ids=str,
)
def test_what_does_not_count_for_us_now_is_refused(asked: Asked, said: dict[str, Any]) -> None:
    asked.provider.claims = said
    with pytest.raises(ProviderRefused):
        asked.officer()
    asked.provider.claims = {}
    assert asked.officer() == "A. Peeters"


def test_for_several_programs_it_must_be_given_to_us(asked: Asked) -> None:
    asked.provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert asked.officer() == "A. Peeters"


def test_signatures_that_anybody_could_make_are_refused(asked: Asked) -> None:
    foreign, public = new_key("one"), asked.provider.keys[0].as_pem(private=False)
    for sign in (
        unsigned,
        lambda claims: signed(claims, foreign),
        lambda claims: by_shared_secret(claims, public),
        lambda _: "no.token",
        lambda _: "é",
    ):
        asked.provider.sign = sign
        with pytest.raises(ProviderRefused, match="signature"):
            asked.officer()


def test_a_new_key_is_found_and_made_up_ones_do_not_make_us_ask_all_the_time(asked: Asked) -> None:
    assert asked.officer()
    asked.provider.keys.insert(0, new_key("two"))
    asked.clock.sleep(31)
    assert asked.officer() == "A. Peeters"
    assert asked.provider.asked_keys == 2
    asked.provider.sign = lambda claims: signed(claims, new_key("made up"))
    for _ in range(5):
        with pytest.raises(ProviderRefused):
            asked.officer()
    assert asked.provider.asked_keys == 2
    asked.provider.sign, asked.provider.keys = None, [new_key("three")]
    asked.clock.sleep(31)
    assert asked.officer()
    asked.provider.sign = lambda claims: signed(claims, new_key("two"))
    with pytest.raises(ProviderRefused):
        asked.officer()


def test_a_code_is_worth_something_once_and_with_its_verifier_alone(asked: Asked) -> None:
    code = asked.code()
    assert asked.officer(code)
    with pytest.raises(ProviderRefused):
        asked.officer(code)
    with pytest.raises(ProviderRefused):
        asked.officer(asked.code(), verifier="w" * 43)


def test_an_address_counts_once_it_is_verified(asked: Asked) -> None:
    asked.own.close()
    asked.own = Provider(config(asked.provider.issuer, claim="email"), asked.clock.now, asked.clock.monotonic)
    asked.provider.claims = {"email": "a.peeters@police.example"}
    with pytest.raises(ProviderRefused, match="not verified"):
        asked.officer()
    asked.provider.claims["email_verified"] = True
    assert asked.officer() == "a.peeters@police.example"


@pytest.mark.parametrize(
    "described",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "ftp://x/token"}, {"issuer": None}],
    ids=str,
)
def test_a_description_of_somebody_else_is_none(asked: Asked, described: dict[str, Any]) -> None:
    asked.provider.described = described
    with pytest.raises(ProviderAway):
        asked.officer()


def test_a_provider_that_is_away_is_told(asked: Asked) -> None:
    away = Provider(config("http://127.0.0.1:9"), asked.clock.now, asked.clock.monotonic)
    with pytest.raises(ProviderAway, match="does not answer"):
        away.address(back=BACK, state="s", nonce="n", verifier=VERIFIER, again=False)


@pytest.mark.parametrize("issuer", ["http://login.example", "ftp://login.example", "login.example", ""])
def test_an_issuer_that_anybody_on_the_way_could_play_is_refused(issuer: str) -> None:
    with pytest.raises(ValueError, match="https"):
        config(issuer)


def test_a_second_sign_in_is_asked_for_where_it_must_be_shown(asked: Asked) -> None:
    again = asked.own.address(back=BACK, state="s", nonce="n", verifier=VERIFIER, again=True)
    assert "prompt=login" in again
    assert "code_challenge_method=S256" in again
    assert VERIFIER not in again
