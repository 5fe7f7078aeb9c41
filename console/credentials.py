"""Secrets of subscribers: derived from one key of the platform, so that none lies in the store or in a backup of it.

HMAC-SHA256 over purpose, name and generation. Who has the key can make all of them; who has one of them, no other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from schemas.webhook import SECRET_PREFIX

__all__ = ["LEAST_KEY_BYTES", "Credentials"]

LEAST_KEY_BYTES = 24
TOKEN = re.compile(r"anpr_([a-z][a-z0-9-]{0,39})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Makes and checks tokens and signing secrets."""

    key: bytes = field(repr=False)
    """Random bytes, 24 at least."""

    def __post_init__(self) -> None:
        """Raises ValueError for a key that could be guessed."""
        if len(self.key) < LEAST_KEY_BYTES:
            raise ValueError(f"the subscribers' key needs {LEAST_KEY_BYTES} bytes at least")

    def token(self, name: str, generation: int) -> str:
        """What a program shows to listen: `anpr_NAME.GENERATION.SECRET`."""
        return f"anpr_{name}.{generation}.{self.signature('token', name, generation)}"

    def signing_secret(self, name: str, generation: int) -> str:
        """What its webhook verifies deliveries with: `whsec_…`."""
        return SECRET_PREFIX + base64.b64encode(self._digest("webhook", name, generation)).decode()

    def bearer(self, token: str) -> tuple[str, int] | None:
        """Name and generation of a token of ours; None: it is none. Says nothing about whether it still holds."""
        found = TOKEN.match(token)
        if found is None:
            return None
        name, generation = found[1], int(found[2])
        wanted = self.signature("token", name, generation)
        return (name, generation) if hmac.compare_digest(found[3], wanted) else None

    def signature(self, purpose: str, name: str, generation: int) -> str:
        """What only who has the key can make; generation: a number that goes with the name."""
        return base64.urlsafe_b64encode(self._digest(purpose, name, generation)).decode().rstrip("=")

    def _digest(self, purpose: str, name: str, generation: int) -> bytes:
        return hmac.new(self.key, f"{purpose}\0{name}\0{generation}".encode(), hashlib.sha256).digest()
