"""How a webhook delivery is signed and verified: Standard Webhooks 1.0, symmetric (standardwebhooks.com).

Three headers. `webhook-id` is the same however often a delivery is tried, `webhook-timestamp` is the moment of the
attempt (s since 1970), `webhook-signature` holds one or more `v1,<base64>` of HMAC-SHA256 over `id.timestamp.body`,
separated by blanks: while a secret is being changed there are two.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

__all__ = ["SECRET_PREFIX", "TOLERANCE", "WebhookUnverified", "sign_webhook", "verify_webhook"]

SECRET_PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)
"""How far the clocks of sender and receiver may be apart; older deliveries are taken for replayed ones."""
LEAST_SECRET_BYTES = 24
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class WebhookUnverified(ValueError):
    """A delivery that may not come from the platform; the message says why and holds nothing of it."""


def sign_webhook(secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Headers of a delivery. secrets: `whsec_…`, the valid one first. Raises ValueError for one that is none."""
    stamp = str(int(at.timestamp()))
    signatures = [f"v1,{_digest(_key(secret), message_id, stamp, body)}" for secret in secrets]
    return {ID: message_id, TIMESTAMP: stamp, SIGNATURE: " ".join(signatures)}


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, now: datetime, tolerance: timedelta = TOLERANCE
) -> str:
    """The id of a delivery that was signed with the secret, for the receiver to drop repetitions by.

    headers: names in any case. body: as received, byte for byte. now: the receiver's clock, with a zone.
    Raises WebhookUnverified, and ValueError for a secret that is none.
    """
    found = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in (ID, TIMESTAMP, SIGNATURE) if not found.get(name)]
    if missing:
        raise WebhookUnverified(f"the header {missing[0]} is missing")
    _check_age(found[TIMESTAMP], now, tolerance)
    wanted = _digest(_key(secret), found[ID], found[TIMESTAMP], body)
    given = [one.removeprefix("v1,") for one in found[SIGNATURE].split(" ") if one.startswith("v1,")]
    # Every one is compared, in constant time: how long it takes tells nothing.
    if not sum(hmac.compare_digest(wanted.encode(), one.encode("utf-8", "replace")) for one in given):
        raise WebhookUnverified("no signature is of this secret and this body")
    return found[ID]


def _check_age(stamp: str, now: datetime, tolerance: timedelta) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise WebhookUnverified("the timestamp is no number of seconds")
    if abs(now.timestamp() - int(stamp)) > tolerance.total_seconds():
        raise WebhookUnverified("the timestamp is too far from this clock: a repeated delivery, or a clock is wrong")


def _digest(key: bytes, message_id: str, stamp: str, body: bytes) -> str:
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a webhook secret is whsec_ and base64") from error
    if len(key) < LEAST_SECRET_BYTES:
        raise ValueError(f"a webhook secret has {LEAST_SECRET_BYTES} bytes at least")
    return key
