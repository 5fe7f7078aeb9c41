"""Signatures of webhooks: as Standard Webhooks has them, and nothing else passes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.webhook import WebhookUnverified, sign_webhook, verify_webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = datetime(2021, 2, 25, 9, 20, 30, tzinfo=UTC)
BODY = b'{"test": 2432232314}'
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_the_example_of_the_standard_is_reproduced() -> None:
    """Id, secret, time and body of the Standard Webhooks documentation, and the signature that it gives for them."""
    headers = sign_webhook([SECRET], ID, datetime.fromtimestamp(1614265330, UTC), BODY)
    assert headers == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_one_of_several_signatures_will_do() -> None:
    other = "whsec_" + base64.b64encode(b"o" * 32).decode()
    headers = sign_webhook([SECRET, other], ID, AT, BODY)
    for secret in (SECRET, other, SECRET.removeprefix("whsec_")):
        assert verify_webhook(secret, headers, BODY, AT) == ID


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"webhook-id": None}, "the header webhook-id is missing"),
        ({"webhook-signature": ""}, "the header webhook-signature is missing"),
        ({"webhook-id": "msg_other"}, "no signature is of this secret"),
        ({"webhook-signature": "v1,"}, "no signature is of this secret"),
        ({"webhook-signature": "v1,é"}, "no signature is of this secret"),
        ({"webhook-signature": "v2,g0hM9SsE"}, "no signature is of this secret"),
        ({"webhook-timestamp": "now"}, "no number of seconds"),
        ({"webhook-timestamp": "-5"}, "no number of seconds"),
        ({"webhook-timestamp": "9" * 40}, "no number of seconds"),
        ({"webhook-timestamp": "1614244830.5"}, "no number of seconds"),
    ],
)
def test_what_does_not_verify_says_why(changes: dict[str, str | None], said: str) -> None:
    headers: dict[str, Any] = {**sign_webhook([SECRET], ID, AT, BODY), **changes}
    with pytest.raises(WebhookUnverified, match=said):
        verify_webhook(SECRET, {k: v for k, v in headers.items() if v is not None}, BODY, AT)


@pytest.mark.parametrize(("skew", "passes"), [(299, True), (-299, True), (302, False), (-302, False), (86_400, False)])
def test_a_clock_may_be_five_minutes_off_and_no_more(skew: int, passes: bool) -> None:
    headers = sign_webhook([SECRET], ID, AT, BODY)
    if passes:
        assert verify_webhook(SECRET, headers, BODY, AT + timedelta(seconds=skew)) == ID
    else:
        with pytest.raises(WebhookUnverified, match="too far from this clock"):
            verify_webhook(SECRET, headers, BODY, AT + timedelta(seconds=skew))
    assert verify_webhook(SECRET, headers, BODY, AT + timedelta(days=1), timedelta(days=2)) == ID


def test_names_of_headers_count_in_any_case() -> None:
    headers = {name.title(): value for name, value in sign_webhook([SECRET], ID, AT, BODY).items()}
    assert verify_webhook(SECRET, headers, BODY, AT) == ID


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64 at all", "whsec_é"])
def test_a_secret_that_is_none_is_a_mistake_of_the_program(secret: str) -> None:
    with pytest.raises(ValueError, match="a webhook secret"):
        sign_webhook([secret], ID, AT, BODY)


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(min_size=24, max_size=64))
def test_only_the_very_body_verifies(body: bytes, other: bytes, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    headers = sign_webhook([secret], ID, AT, body)
    assert verify_webhook(secret, headers, body, AT) == ID
    if other != body:
        with pytest.raises(WebhookUnverified):
            verify_webhook(secret, headers, other, AT)
