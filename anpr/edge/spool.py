"""The spool: what is not uploaded yet, in an SQLite file that survives kill -9 and a cut of power at any moment.

Everything is done in one transaction or not at all, and is on the disk when the call returns (WAL, synchronous=FULL).
A batch is numbered and fixed before it is first sent, so that it goes again under the same number with the same
content: by that the door knows it again.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anpr.edge.items import Batch, Item, Kind, Refused

__all__ = ["Spool", "SpoolFull", "SpoolState", "SpoolUnusable"]

FILE = "spool.db"
VERSION = 1
ROW_BYTES = 64
"""What an item takes beside its content."""
BUSY_MS = 30_000
SCHEMA = """
CREATE TABLE item (
    place INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, about TEXT NOT NULL, body BLOB NOT NULL,
    added_at REAL NOT NULL
);
CREATE TABLE batch (number INTEGER PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE refused (
    place INTEGER PRIMARY KEY, kind TEXT NOT NULL, about TEXT NOT NULL, body BLOB NOT NULL, reason TEXT NOT NULL,
    detail TEXT NOT NULL, refused_at REAL NOT NULL
);
CREATE TABLE taken_file (name TEXT PRIMARY KEY);
CREATE TABLE fact (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""
COUNTED = ("held_bytes", "uploaded", "refused", "turned_away")
TEXTS = ("answer", "trouble")
MOMENTS = ("answer_at", "taken_at")


class SpoolFull(RuntimeError):
    """Nothing of this call was taken: there is no room."""


class SpoolUnusable(RuntimeError):
    """The spool's file cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class SpoolState:
    """How a spool stands."""

    spool: str
    """Its name at the door."""
    spooled: int
    """Items that wait."""
    held_bytes: int
    """What they and the refused ones take."""
    most_bytes: int
    oldest_at: float | None
    """When the oldest that waits was put in, Unix time, s; None: none waits."""
    uploaded: int
    """Items that the door has taken, since the spool is there."""
    refused: int
    """Items that the door will never take and that lie here until somebody has looked."""
    turned_away: int
    """Items that were not taken as the spool was full."""
    answer: str
    """The door's last answer, in words."""
    answer_at: float | None
    taken_at: float | None
    """When the door last took something."""
    trouble: str
    """Why nothing goes; empty: it goes, or nothing waits."""
    clock_skew_s: float | None
    """This device's clock less the platform's, s, as the door last said."""


class Spool:
    """One folder. Several programs may put in; one uploads. Threads may share it."""

    def __init__(self, folder: Path, most_bytes: int = 1_000_000_000) -> None:
        """most_bytes: beyond it nothing is taken. Raises SpoolUnusable."""
        self._most = most_bytes
        self._turn = threading.RLock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = folder / FILE
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._set_up()
        except (OSError, sqlite3.Error, SpoolUnusable) as error:
            raise SpoolUnusable(
                f"the spool in {folder} cannot be used ({error}): name a folder on a disk of this machine that can be "
                "written, and do not copy spools"
            ) from error

    def _set_up(self) -> None:
        self._db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = ON")  # what was uploaded is personal data that nobody needs here
        with self._change():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version == VERSION:
                return
            if version != 0:
                raise sqlite3.DatabaseError(f"it is of version {version}, this program knows {VERSION}")
            for statement in SCHEMA.split(";"):
                self._db.execute(statement)
            self._set("spool", uuid.uuid4().hex)
            self._set("next", 1)
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        """All of it, or nothing. Raises SpoolFull when the disk is, SpoolUnusable when it fails."""
        with self._turn:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                    raise SpoolFull("the disk of the spool is full: nothing of this was taken") from error
                raise SpoolUnusable(f"the spool cannot be used: {error}") from error
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def _fact(self, name: str) -> Any:
        found = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if found is None else found[0]

    def _set(self, name: str, value: object) -> None:
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def _add(self, name: str, amount: int) -> None:
        self._set(name, (self._fact(name) or 0) + amount)

    # ---- putting in ----

    def put(self, items: Sequence[Item], file: str = "") -> bool:
        """Take all of these, or none; they are on the disk when this returns. Raises SpoolFull.

        file: where they come from, which is taken once: False where it was before.
        """
        size = sum(item.size + ROW_BYTES for item in items)
        try:
            with self._change():
                if file and self._db.execute("SELECT 1 FROM taken_file WHERE name = ?", (file,)).fetchone():
                    return False
                self._put(items, size)
                if file:
                    self._db.execute("INSERT INTO taken_file VALUES (?)", (file,))
        except SpoolFull:
            self._count_turned_away(len(items))
            raise
        return True

    def _count_turned_away(self, count: int) -> None:
        with contextlib.suppress(SpoolFull), self._change():  # a full disk has no room for a count either
            self._add("turned_away", count)

    def _put(self, items: Sequence[Item], size: int) -> None:
        held = self._fact("held_bytes") or 0
        if held + size > self._most:
            raise SpoolFull(
                f"the spool is full: {held} of {self._most} bytes are held, {len(items)} more items have no room; they "
                "were not taken"
            )
        now = time.time()
        rows = [(item.kind, item.about, item.body, now) for item in items]
        self._db.executemany("INSERT INTO item (kind, about, body, added_at) VALUES (?, ?, ?, ?)", rows)
        self._set("held_bytes", held + size)

    def forget_file(self, file: str) -> None:
        """It is gone from where it came from, and cannot come again."""
        with self._change():
            self._db.execute("DELETE FROM taken_file WHERE name = ?", (file,))

    # ---- uploading ----

    @property
    def name(self) -> str:
        """The spool's name at the door."""
        with self._turn:
            return str(self._fact("spool"))

    def next_batch(self, most_items: int, most_bytes: int) -> Batch | None:
        """What is to be uploaded next: the batch that was begun, else a new one of the oldest items of one kind.

        most_items, most_bytes: of a new one; a frame goes alone. None: nothing waits.
        """
        with self._change():
            begun = self._db.execute("SELECT number, last FROM batch").fetchone()
            if begun is None:
                begun = self._begin_batch(most_items, most_bytes)
            if begun is None:
                return None
            rows = self._db.execute("SELECT kind, body, about FROM item WHERE place <= ? ORDER BY place", (begun[1],))
            return Batch(begun[0], begun[1], tuple(Item(*row) for row in rows))

    def _begin_batch(self, most_items: int, most_bytes: int) -> tuple[int, int] | None:
        rows = self._db.execute(
            "SELECT place, kind, length(body) FROM item ORDER BY place LIMIT ?", (most_items,)
        ).fetchall()
        if not rows:
            return None
        last = _last_together(rows, most_bytes)
        number = int(self._fact("next"))
        self._db.execute("INSERT INTO batch VALUES (?, ?)", (number, last))
        self._set("next", number + 1)
        return number, last

    def done(self, batch: Batch, refused: Iterable[Refused] = ()) -> None:
        """The door has all of it but what it refused, which is kept aside until somebody has looked."""
        with self._change():
            if not self._db.execute("SELECT 1 FROM batch WHERE number = ?", (batch.number,)).fetchone():
                return  # another uploader of this spool was faster
            rows = self._db.execute("SELECT place FROM item WHERE place <= ? ORDER BY place", (batch.last,))
            places = [row[0] for row in rows]
            kept = self._set_aside(places, refused)
            size = sum(item.size + ROW_BYTES for item in batch.items)
            kept_size = sum(batch.items[index].size + ROW_BYTES for index in kept)
            self._db.execute("DELETE FROM item WHERE place <= ?", (batch.last,))
            self._db.execute("DELETE FROM batch")
            self._add("held_bytes", kept_size - size)
            self._add("uploaded", len(batch.items) - len(kept))
            self._add("refused", len(kept))
            if len(kept) < len(batch.items):
                self._set("taken_at", time.time())

    def _set_aside(self, places: Sequence[int], refused: Iterable[Refused]) -> set[int]:
        found = {one.index: one for one in refused if 0 <= one.index < len(places)}
        for index, one in found.items():
            self._db.execute(
                "INSERT INTO refused SELECT place, kind, about, body, ?, ?, ? FROM item WHERE place = ?",
                (one.reason, one.detail, time.time(), places[index]),
            )
        return set(found)

    def recut(self) -> None:
        """The batch that was begun was not taken as it is too large: the next one may be made smaller."""
        with self._change():
            self._db.execute("DELETE FROM batch")

    def renew(self) -> None:
        """Begin a new row of uploads: the door knows the old one otherwise, as after a disk that forgot."""
        with self._change():
            self._set("spool", uuid.uuid4().hex)

    def note(self, answer: str, trouble: str, skew_s: float | None = None) -> None:
        """What the door said last; trouble: why nothing goes, empty: it goes."""
        with self._change():
            self._set("answer", answer)
            self._set("answer_at", time.time())
            self._set("trouble", trouble)
            if skew_s is not None:
                self._set("clock_skew_s", skew_s)

    # ---- looking ----

    def state(self) -> SpoolState:
        """How it stands."""
        with self._turn:
            spooled, oldest = self._db.execute("SELECT count(*), min(added_at) FROM item").fetchone()
            facts: dict[str, Any] = {name: int(self._fact(name) or 0) for name in COUNTED}
            facts |= {name: str(self._fact(name) or "") for name in TEXTS}
            facts |= {name: self._fact(name) for name in MOMENTS}
            return SpoolState(
                spool=str(self._fact("spool")),
                spooled=spooled,
                oldest_at=oldest,
                most_bytes=self._most,
                clock_skew_s=self._fact("clock_skew_s"),
                **facts,
            )

    def refused_items(self) -> list[tuple[Kind, bytes, str, str]]:
        """Kind, content, reason and detail of what the door will never take."""
        with self._turn:
            rows = self._db.execute("SELECT kind, body, reason, detail FROM refused ORDER BY place").fetchall()
        return [(row[0], bytes(row[1]), row[2], row[3]) for row in rows]

    def put_back(self) -> int:
        """What was refused is tried again, behind all else: its camera was added to the key, say. How many."""
        with self._change():
            moved = self._db.execute(
                "INSERT INTO item (kind, about, body, added_at) "
                "SELECT kind, about, body, ? FROM refused ORDER BY place",
                (time.time(),),
            ).rowcount
            self._db.execute("DELETE FROM refused")
            self._set("refused", 0)
            return int(moved)

    def drop_refused(self) -> int:
        """Somebody has looked: let them go. How many."""
        with self._change():
            size, count = self._db.execute(
                f"SELECT coalesce(sum(length(body) + length(about) + {ROW_BYTES}), 0), count(*) FROM refused"
            ).fetchone()
            self._db.execute("DELETE FROM refused")
            self._add("held_bytes", -size)
            self._set("refused", 0)
            return int(count)

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._db.close()


def _last_together(rows: Sequence[tuple[int, Kind, int]], most_bytes: int) -> int:
    """Place of the last item that goes with the first: of its kind, a frame alone, and as many bytes as may be."""
    first_place, kind, size = rows[0]
    last = first_place
    for place, its_kind, its_size in rows[1:]:
        size += its_size
        if kind == "frame" or its_kind != kind or size > most_bytes:
            break
        last = place
    return last
