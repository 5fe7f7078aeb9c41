"""Where lists are changed: by whom may, recorded first, then published, every message acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from clickhouse_connect.driver.client import Client

from console.hotlist.fields import as_listed
from console.hotlist.standing import Standing
from console.publishing import Tell, publish
from pipeline.runtime.kafka import KafkaConfig
from schemas.hotlist import HotlistEntry
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.officers import OfficerRefused, Register
from sinks.clickhouse.queries.listed import listed_as

__all__ = ["NAMED_AT_MOST", "TOPIC", "ListDesk", "removals"]

TOPIC = "hotlist"
NAMED_AT_MOST = 100
"""Entries that a record names; of more it says how many, and which file they came from."""


class ListDesk:
    """Changes the lists in the name of one officer, a hotlist manager: of one zone's lists, or, federal, of any."""

    def __init__(self, client: Client, kafka: KafkaConfig | None, officer: str, chain: Chain) -> None:
        """kafka: None where nothing is published."""
        self.client, self._kafka, self._officer = client, kafka, officer
        self._audit = Audit(client, lambda: datetime.now(UTC), chain)
        self._register = Register(client, lambda: datetime.now(UTC), officer, chain)
        self._zones: frozenset[str] | None = None

    def require(self) -> None:
        """Raises OfficerRefused where the officer is no hotlist manager."""
        mine = self._register.current(self._officer, "hotlist_manager")
        if not mine:
            raise OfficerRefused(
                f"{self._officer} is not registered as hotlist_manager: an administrator does that with "
                f"`anpr officers add {self._officer} --role hotlist_manager`"
            )
        self._zones = frozenset(one.police_zone for one in mine)

    def require_any(self) -> None:
        """Raises OfficerRefused where the officer is not registered at all: lists name people's cars."""
        self._register.require(None)

    def why_not(self, owner: str) -> str:
        """Why the officer may not change entries of this owner; empty: may. After `require`."""
        assert self._zones is not None
        if self._zones & {"", owner}:
            return ""
        return f"entries of {owner} are not yours: you manage those of {', '.join(sorted(self._zones))}"

    def permit(self, standing: Standing) -> Callable[[HotlistEntry], str]:
        """For `read_list`: an identifier stays with its owner."""

        def why_not(entry: HotlistEntry) -> str:
            stands = standing.get(entry.entry_id)
            if stands is not None and stands.owner != entry.owner:
                return f"entry_id is taken: an entry of {stands.owner} has it"
            return self.why_not(entry.owner)

        return why_not

    def find(self, names: Sequence[str]) -> Sequence[HotlistEntry]:
        """Entries with these identifiers or plates, as they are typed; the most urgent first."""
        return listed_as(self.client, [*names, *map(as_listed, names)])

    def record(self, what: str, about: Mapping[str, Any]) -> None:
        """Write into the audit what is about to be done: a change that is recorded and fails can be done again, one
        that is done and not recorded can not be found."""
        self._audit.append("list_changed", self._officer, {"change": what, **about})

    def exported(self, about: Mapping[str, Any]) -> None:
        """Write into the audit that entries leave the platform."""
        self._audit.append("list_exported", self._officer, about)

    def looked_at(self, entry_ids: Sequence[str], hits: int) -> None:
        """Write into the audit which entries, with how many of their hits, somebody was shown."""
        about = {"entries": list(entry_ids[:NAMED_AT_MOST]), "count": len(entry_ids), "hits": hits}
        self._audit.append("list_shown", self._officer, about)

    def publish(self, entries: Iterable[tuple[str, bytes]], tell: Tell = lambda _: None) -> int:
        """Put entries into the topic; an empty message takes one off. Returns when all are acknowledged.

        Raises DeliveryFailed; what was published before stays, and the same change may be made again.
        """
        assert self._kafka is not None
        return publish(self._kafka, TOPIC, entries, tell)


def removals(entry_ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Messages that take entries off their lists."""
    return ((entry_id, b"") for entry_id in entry_ids)
