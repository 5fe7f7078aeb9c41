"""An officer's token: whose it is, until when, and that nobody makes one up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.credentials import Credentials
from console.officer_tokens import officer_of, officer_token

NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
OWN, OTHER = Credentials(b"a" * 32), Credentials(b"b" * 32)


@given(st.text(min_size=1, max_size=64), st.integers(1, 86_400))
def test_a_token_says_whose_it_is_until_it_ends(name: str, seconds: int) -> None:
    until = NOW + timedelta(seconds=seconds)
    token = officer_token(OWN, name, until)
    assert officer_of(OWN, token, NOW) == name
    assert officer_of(OWN, token, until) is None
    assert officer_of(OTHER, token, NOW) is None


@pytest.mark.parametrize("place", range(0, 70, 3))
def test_one_changed_character_spoils_it(place: int) -> None:
    token = officer_token(OWN, "A. Peeters", NOW + timedelta(hours=1))
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    assert officer_of(OWN, changed, NOW) is None


@pytest.mark.parametrize("token", ["", "anpr.o...", "Bearer x", OWN.token("desk", 1), "anpr.o.QQ.99999999999999.x"])
def test_what_is_none(token: str) -> None:
    assert officer_of(OWN, token, NOW) is None
