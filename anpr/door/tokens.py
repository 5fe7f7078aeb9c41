"""Tokens of devices: `anprcam_DEVICE.SECRET`. Kept is their SHA-256 alone, and shown they are once."""

from __future__ import annotations

import hashlib
import re
import secrets

__all__ = ["device_of", "hashed", "make_token"]

TOKEN = re.compile(r"anprcam_([A-Za-z0-9][A-Za-z0-9._:-]{0,63})\.[A-Za-z0-9_-]{43}\Z", re.ASCII)
SECRET_BYTES = 32


def make_token(device: str) -> str:
    """A new one that nobody can guess."""
    return f"anprcam_{device}.{secrets.token_urlsafe(SECRET_BYTES)}"


def device_of(token: str) -> str | None:
    """Who shows it, as it says itself; None: it has not the form of a token of ours."""
    found = TOKEN.match(token)
    return found[1] if found else None


def hashed(token: str) -> str:
    """What is kept of it: 64 hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()
