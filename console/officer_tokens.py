"""What an officer's program shows to act in the officer's name: signed, for some hours, kept nowhere.

`anpr.o.NAME.UNTIL.SIGNATURE`: the name in base64, the end in seconds since the epoch, and an HMAC-SHA256 over both with
the platform's key. Whether the officer is registered is asked at each use, so who is ended is refused at once.
"""

from __future__ import annotations

import base64
import hmac
import re
from datetime import UTC, datetime

from console.credentials import Credentials

__all__ = ["MOST_HOURS", "officer_of", "officer_token"]

MOST_HOURS = 24
"""Of one token: a shift, and one that follows it."""
_TOKEN = re.compile(r"anpr\.o\.([A-Za-z0-9_-]{1,400})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})\Z", re.ASCII)


def officer_token(credentials: Credentials, officer: str, until: datetime) -> str:
    """A token that holds until then."""
    name, end = base64.urlsafe_b64encode(officer.encode()).decode().rstrip("="), int(until.timestamp())
    return f"anpr.o.{name}.{end}.{credentials.signature('officer', name, end)}"


def officer_of(credentials: Credentials, token: str, now: datetime) -> str | None:
    """Whose token this is; None: it is none of ours, or no longer holds."""
    found = _TOKEN.match(token)
    if found is None:
        return None
    name, end = found[1], int(found[2])
    if not hmac.compare_digest(found[3], credentials.signature("officer", name, end)):
        return None
    if now >= datetime.fromtimestamp(end, UTC):
        return None
    return base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
