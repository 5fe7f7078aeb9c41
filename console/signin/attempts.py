"""Guessing is slowed down, then stopped for minutes: by name, and by the address that it comes from.

An attempt counts as failed until it succeeds, so a hundred at the same moment get no further than one after the other.
A success clears its name; of its address it takes back itself alone, or one's own password would open the way to guess
others'.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from console.signin.file import SignInFile

__all__ = ["Attempts", "Taken"]

FORGOTTEN_S = 3600.0
"""Without any attempt."""
LOCKED_S = 600.0


@dataclass(frozen=True, slots=True)
class _Limit:
    """Of one name or one address."""

    free: int
    """So many fail without a wait; then each doubles it, from one second."""
    most: int
    """From so many on each locks."""

    def wait_s(self, failures: int) -> float:
        if failures >= self.most:
            return LOCKED_S
        return 0.0 if failures < self.free else float(2 ** (failures - self.free))


BY_NAME = _Limit(free=4, most=10)
BY_ADDRESS = _Limit(free=30, most=38)
"""A police station may come from one address."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was said to an attempt."""

    wait_s: int
    """0: it may be made; else not before so long."""
    locks: bool = False
    """If it fails, this name or address is locked."""


class Attempts:
    """All of this machine, kept over restarts."""

    def __init__(self, file: SignInFile, now: Callable[[], datetime]) -> None:
        self._file, self._now = file, now

    def take(self, name: str, address: str) -> Taken:
        """Ask to try once; the answer counts the attempt where it allows it."""
        now = self._now().timestamp()
        who = ((_key("name", name), BY_NAME), (_key("address", address), BY_ADDRESS))
        with self._file.changing() as db:
            db.execute("DELETE FROM attempts WHERE last < ? AND not_before < ?", (now - FORGOTTEN_S, now))
            held = [(key, limit, *_held(db, key)) for key, limit in who]
            wait = max(not_before - now for _key, _limit, _failures, not_before in held)
            if wait > 0:
                return Taken(math.ceil(min(wait, LOCKED_S)))  # also where the clock was turned back
            for key, limit, failures, _not_before in held:
                db.execute(
                    "INSERT OR REPLACE INTO attempts (who, failures, last, not_before) VALUES (?, ?, ?, ?)",
                    (key, failures + 1, now, now + limit.wait_s(failures + 1)),
                )
        return Taken(0, any(failures + 1 >= limit.most for _key, limit, failures, _not_before in held))

    def succeeded(self, name: str, address: str) -> None:
        """Forget what went wrong before with this name; from this address this attempt was no failure."""
        with self._file.changing() as db:
            db.execute("DELETE FROM attempts WHERE who = ?", (_key("name", name),))
            db.execute(
                "UPDATE attempts SET failures = failures - 1, not_before = last WHERE who = ? AND failures > 0",
                (_key("address", address),),
            )


def _held(db: sqlite3.Connection, key: bytes) -> tuple[int, float]:
    found = db.execute("SELECT failures, not_before FROM attempts WHERE who = ?", (key,)).fetchone()
    return (int(found[0]), float(found[1])) if found else (0, 0.0)


def _key(kind: str, text: str) -> bytes:
    """A hash: somebody may have typed a password into the field of the name."""
    return hashlib.sha256(f"{kind}\0{text.strip().casefold()}".encode("utf-8", "replace")).digest()
