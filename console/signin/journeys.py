"""Sign-ins that are under way at the provider: each comes back once, in the browser that it left from."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.signin.file import SignInFile

__all__ = ["LASTS", "Journey", "JourneyRefused", "Journeys"]

LASTS = timedelta(minutes=10)
MOST = 10_000


class JourneyRefused(ValueError):
    """Nobody left like that, or somebody came back already."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One sign-in at the provider."""

    state: str
    binding: str
    """In a cookie of the browser that left."""
    nonce: str
    verifier: str
    """Of PKCE."""
    target: str
    """Path of ours to go on to."""


class Journeys:
    """All of this machine."""

    def __init__(self, file: SignInFile, now: Callable[[], datetime]) -> None:
        self._file, self._now = file, now

    def leave(self, target: str) -> Journey:
        """Somebody leaves to sign in. Raises JourneyRefused where too many do."""
        one = Journey(_random(), _random(), _random(), _random(), target)
        now = self._now()
        with self._file.changing() as db:
            db.execute("DELETE FROM journeys WHERE until <= ?", (now.timestamp(),))
            if db.execute("SELECT count(*) FROM journeys").fetchone()[0] >= MOST:
                raise JourneyRefused("too many sign-ins are under way: try again in some minutes")
            values = (_hash(one.state), _hash(one.binding), one.nonce, one.verifier, target, (now + LASTS).timestamp())
            db.execute("INSERT INTO journeys VALUES (?, ?, ?, ?, ?, ?)", values)
        return one

    def come_back(self, state: str, binding: str) -> Journey:
        """The journey of this state; it is over. Raises JourneyRefused."""
        with self._file.changing() as db:
            found = db.execute(
                "SELECT binding, nonce, verifier, target, until FROM journeys WHERE state = ?", (_hash(state),)
            ).fetchone()
            db.execute("DELETE FROM journeys WHERE state = ?", (_hash(state),))
        if found is None or self._now().timestamp() >= found[4] or not hmac.compare_digest(found[0], _hash(binding)):
            raise JourneyRefused("this sign-in has ended already, or began in another browser: begin again")
        return Journey(state, binding, found[1], found[2], found[3])


def _random() -> str:
    return secrets.token_urlsafe(32)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
