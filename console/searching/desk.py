"""The desk where a search is recorded before it is asked: what the program and the API do alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from clickhouse_connect.driver.client import Client

from console.timing import timed
from schemas.search import SearchRecord
from sinks.clickhouse.queries.scope import check_open
from sinks.clickhouse.queries.search_record import Recorded, search_record
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchDesk, SearchRequest

__all__ = ["Desk"]

Rows = TypeVar("Rows")
Kept = TypeVar("Kept")


class Desk:
    """The store, and the desk where every search is recorded before it is asked. Threads may share it."""

    def __init__(self, client: Client, searches: SearchDesk) -> None:
        self.client = client
        self.searches = searches

    def open(self, request: SearchRequest, read: Callable[[SearchRequest], SearchRequest]) -> SearchRecord:
        """Record the search; what `read` (which understands what was typed) refuses is recorded too."""
        try:
            understood = read(request)
        except SearchRefused as refusal:
            self.searches.denied(request, refusal)
            raise
        with timed("record"):
            return self.searches.open(understood)

    def again(self, officer: str, search_id: UUID, read: Callable[[Recorded], Kept | None]) -> Kept:
        """A search that this process did not open, out of the store. What is refused is recorded.

        read: what is kept of it here; None: it does not say enough. Raises SearchRefused: somebody else's, ended, of a
        program that keeps no question open, or none at all, which alone leaves no record: nobody came for anything.
        """
        try:
            check_open(self.client, search_id, officer)
            found = search_record(self.client, search_id, officer)
            kept = read(found) if found is not None else None
            if kept is None:
                raise SearchRefused("this search is not open here any more: state the reason again", "search_expired")
        except SearchRefused as refusal:
            if refusal.code != "search_unknown":
                self.searches.turned_away(officer, search_id, refusal)
            raise
        return kept

    def check_time(self, record: SearchRecord, now: datetime) -> None:
        """Raises SearchRefused, after recording it, once the search has ended: where the database is not asked."""
        if now >= record.expires_at:
            refusal = SearchRefused("this search has ended; state the reason again", "search_expired")
            self.searches.denied(record, refusal)
            raise refusal

    def ask(
        self, record: SearchRecord, question: str | Callable[[Rows], str], answer: Callable[[], tuple[Rows, int]]
    ) -> Rows:
        """The answer and, recorded, how many rows it showed. Raises SearchRefused, after recording it.

        question: what was asked, by name; of some only the answer tells which it was.
        """
        try:
            with timed("store"):
                rows, count = answer()
        except SearchRefused as refusal:
            self.searches.denied(record, refusal)
            raise
        with timed("record"):
            self.searches.shown(record, question if isinstance(question, str) else question(rows), count)
        return rows

    def exported(self, record: SearchRecord, what: str, rows: int, digest: str) -> None:
        """Record that results leave the platform. digest: SHA-256 of the bytes, hex."""
        self.searches.exported(record, what, rows, digest)
