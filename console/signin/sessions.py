"""Sessions of browsers: a random key in the browser, everything else here, so that an end holds at once.

The file has a hash of the key only: who reads it can enter nowhere. What a script of a page asks for is no sign of a
person; a page that is opened, an act, and a hand at keyboard or screen (which the page tells) are.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from console.signin.file import SignInFile
from console.signin.rules import Rules

__all__ = ["Session", "Sessions", "Way"]

Way = Literal["password", "oidc"]
KEY_BYTES = 32
NOTED_EVERY_S = 10.0
"""How exactly it is kept when somebody was last there: not each request is a write."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of one officer."""

    officer: str
    way: Way
    csrf: str
    """What the browser's own pages send along with what they change."""
    began: datetime
    active: datetime
    """When somebody was last there."""
    locked: bool
    """The password is needed before it goes on."""


class Sessions:
    """All of this machine."""

    def __init__(self, file: SignInFile, now: Callable[[], datetime], rules: Rules) -> None:
        self._file, self._now, self._rules = file, now, rules

    def begin(self, officer: str, way: Way, began: datetime | None = None) -> str:
        """A new session; returns the key that the browser keeps. began: of the one that it goes on from."""
        key, now = secrets.token_urlsafe(KEY_BYTES), self._now()
        with self._file.changing() as db:
            db.execute("DELETE FROM sessions WHERE began <= ?", ((now - self._rules.absolute).timestamp(),))
            db.execute(
                "INSERT INTO sessions (key, officer, way, csrf, began, active) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(_hash(key), officer, way, secrets.token_urlsafe(KEY_BYTES)),
                    *((began or now).timestamp(), now.timestamp()),
                ),
            )
        return key

    def find(self, key: str) -> Session | None:
        """None: there is none, or no longer."""
        found = self._file.rows(
            "SELECT officer, way, csrf, began, active, locked FROM sessions WHERE key = ?", _hash(key)
        )
        if not found:
            return None
        officer, way, csrf, began, active, locked = found[0]
        started, last = datetime.fromtimestamp(began, UTC), datetime.fromtimestamp(active, UTC)
        now = self._now()
        if now >= started + self._rules.absolute:
            return None
        return Session(officer, way, csrf, started, last, bool(locked) or now >= last + self._rules.idle)

    def touch(self, key: str, session: Session) -> None:
        """Somebody is there. Nothing opens a locked one but the password."""
        now = self._now()
        if (now - session.active).total_seconds() < NOTED_EVERY_S:
            return
        self._file.change(
            "UPDATE sessions SET active = ? WHERE key = ? AND NOT locked AND active > ?",
            *(now.timestamp(), _hash(key), (now - self._rules.idle).timestamp()),
        )

    def lock(self, key: str) -> None:
        """The person leaves the screen."""
        self._file.change("UPDATE sessions SET locked = 1 WHERE key = ?", _hash(key))

    def renew(self, key: str, session: Session) -> str:
        """Open a locked session again, under a new key; its end stays."""
        new = self.begin(session.officer, session.way, session.began)
        self.end(key)
        return new

    def end(self, key: str) -> bool:
        """True: there was one."""
        return bool(self._file.change("DELETE FROM sessions WHERE key = ?", _hash(key)))

    def end_all(self, officer: str) -> int:
        """All of one officer; returns how many."""
        return self._file.change("DELETE FROM sessions WHERE officer = ?", officer)


def _hash(key: str) -> bytes:
    """Of a key of 256 random bits: nothing slower is needed, as it cannot be guessed."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
