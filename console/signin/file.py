"""What sign-in keeps on this machine: passwords, sessions, attempts, in one SQLite file that its owner alone reads.

Not in the store: there an analyst could read it, and each backup of the store would carry it away. SQLite, as the API,
a second API process and the command line change it at the same time, and as each change is whole or not at all.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["SignInFile", "SignInUnusable"]

NAME = "sign-in.db"
WAIT_S = 10.0
"""For another process that writes."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    officer TEXT PRIMARY KEY, password TEXT NOT NULL, secret TEXT, last_step INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    key BLOB PRIMARY KEY, officer TEXT NOT NULL, way TEXT NOT NULL, csrf TEXT NOT NULL, began REAL NOT NULL,
    active REAL NOT NULL, locked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS attempts (
    who BLOB PRIMARY KEY, failures INTEGER NOT NULL, last REAL NOT NULL, not_before REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS journeys (
    state BLOB PRIMARY KEY, binding BLOB NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL, target TEXT NOT NULL,
    until REAL NOT NULL
) STRICT;
"""


class SignInUnusable(RuntimeError):
    """The file of sign-ins cannot be used; one sentence that says why."""


class SignInFile:
    """Threads may share it, and so may processes."""

    def __init__(self, data_dir: Path) -> None:
        """Makes the file where there is none. Raises SignInUnusable."""
        self._path, self._turn = data_dir / NAME, threading.Lock()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its side files the same mode
            self._db = sqlite3.connect(self._path, WAIT_S, isolation_level=None, check_same_thread=False)
            weakref.finalize(self, self._db.close)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")  # who signed out stays out, whatever the machine does
            self._db.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise SignInUnusable(f"{self._path}, the file of sign-ins, cannot be used: {error}") from error

    def rows(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """What it holds."""
        with self._turn:
            return self._db.execute(question, values).fetchall()

    def change(self, order: str, *values: Any) -> int:
        """Change something; returns how many rows."""
        with self._turn:
            return self._db.execute(order, values).rowcount

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Several steps as one: nobody sees, or makes, anything in between."""
        with self._turn:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
