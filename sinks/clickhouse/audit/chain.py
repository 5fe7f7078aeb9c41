"""Whose turn it is in a chain of audit records, and where it ends: in a file for programs, in memory for one."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Chain", "ChainFile", "ChainFileBroken", "ChainInMemory", "ChainState", "Head"]


class ChainFileBroken(RuntimeError):
    """The file beside the store that says where the audit chain ends cannot be read."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last record of a chain that the store knows."""

    chain: str
    seq: int
    at: str
    hash: str


@dataclass(slots=True)
class ChainState:
    """Where a chain ends, as far as its writer knows."""

    chain: str = field(default_factory=lambda: secrets.token_hex(8))
    seq: int = 0
    hash: str = ""
    """Of the last record; empty before the first."""
    at: str = ""
    seen: dict[str, int] = field(default_factory=dict)
    """Of other chains: the last record that this one has named."""
    pending: list[Any] | None = None
    """A row on its way, and the table that it goes in through: the store may have it or not. Programs of before noted
    no table."""

    def catch_up(self, head: Head | None) -> None:
        """Go on after what the store has, where that is more: an older copy of the file was put back.

        Where the store has less, it has lost records: the chain goes on after what was written, and the gap shows.
        """
        if head is not None and head.seq > self.seq:
            self.seq, self.hash, self.at = head.seq, head.hash, head.at


class Chain(Protocol):
    """Gives turns in one chain."""

    def turn(self) -> contextlib.AbstractContextManager[ChainState]:
        """Alone with the state of the chain, until left."""

    def save(self, state: ChainState) -> None:
        """Keep the state; call within a turn."""


class ChainInMemory:
    """A chain that ends with this program; for one that runs long, or for one record."""

    def __init__(self) -> None:
        self._state = ChainState()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def turn(self) -> Iterator[ChainState]:
        """Alone among the threads of this program."""
        with self._lock:
            yield self._state

    def save(self, state: ChainState) -> None:
        """Nothing to do: it is kept as it is."""


class ChainFile:
    """A chain that all programs on one data folder share.

    The file is written anew and renamed, so a program that is killed leaves the old or the new one. It is also a
    witness: `verify` compares it with the store.
    """

    def __init__(self, folder: Path) -> None:
        """folder: made if need be; holds `audit.json` and the lock beside it."""
        self._path = folder / "audit.json"
        self._lock = folder / "audit.lock"

    @contextlib.contextmanager
    def turn(self) -> Iterator[ChainState]:
        """Alone among all threads and programs of this machine. Raises ChainFileBroken."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield self.read() or ChainState()
        finally:
            os.close(descriptor)

    def read(self) -> ChainState | None:
        """What the file says; None: no record was ever written from here. Raises ChainFileBroken."""
        try:
            return ChainState(**json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise ChainFileBroken(
                f"{self._path} says where the audit chain of this folder ends, and cannot be read: run `anpr audit "
                "verify`, then move the file away; a new chain begins"
            ) from error

    def save(self, state: ChainState) -> None:
        """Replace the file; whole or not at all."""
        draft = self._path.with_suffix(".part")
        draft.write_text(json.dumps(asdict(state)), "utf-8")
        draft.chmod(0o600)
        draft.replace(self._path)
