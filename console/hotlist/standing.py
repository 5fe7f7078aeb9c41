"""The lists as they stand, in short: what a new file is compared with. Millions of entries fit into memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.listed import in_short

__all__ = ["Standing", "Stands"]


class Stands(NamedTuple):
    """One entry."""

    digest: int
    """`pipeline.hotlist.digest`."""
    valid_from: datetime
    owner: str
    list_kind: str


class Standing:
    """All entries by identifier."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._digests, self._from_ms = array("Q"), array("q")
        self._lists: list[tuple[str, str]] = []
        self._list_numbers: dict[tuple[str, str], int] = {}
        self._list_of = array("I")

    @classmethod
    def of(cls, client: Client, *only: str) -> Standing:
        """As the store has them now. only: identifiers; none: all."""
        found = cls()
        for entry_id, digest, from_ms, owner, kind in in_short(client, only):
            found.add(entry_id, digest, from_ms, owner, kind)
        return found

    def add(self, entry_id: str, digest: int, from_ms: int, owner: str, kind: str) -> None:
        """One more."""
        self._rows[entry_id] = len(self._digests)
        self._digests.append(digest)
        self._from_ms.append(from_ms)
        of = (owner, kind)
        if of not in self._list_numbers:
            self._list_numbers[of] = len(self._lists)
            self._lists.append(of)
        self._list_of.append(self._list_numbers[of])

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, entry_id: str) -> Stands | None:
        """The entry; None: there is none of this identifier."""
        row = self._rows.get(entry_id)
        if row is None:
            return None
        since = datetime.fromtimestamp(self._from_ms[row] / 1000, UTC)
        return Stands(self._digests[row], since, *self._lists[self._list_of[row]])

    def listed_since(self, entry_id: str) -> datetime | None:
        """Since when it is valid; None: there is none of this identifier."""
        found = self.get(entry_id)
        return found.valid_from if found else None

    def of_list(self, owner: str, kind: str) -> Iterator[str]:
        """Identifiers of this owner's entries of this kind; empty: of any."""
        wanted = {
            number for (one, other), number in self._list_numbers.items() if owner in ("", one) and kind in ("", other)
        }
        return (entry_id for entry_id, row in self._rows.items() if self._list_of[row] in wanted)
