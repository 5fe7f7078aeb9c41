"""Records of the audit, as an auditor leafs through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.ask import ask

__all__ = ["RecordShown", "Sought", "audit_records"]

BEGIN, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2299, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RecordShown:
    """One record; `chain` and `seq` are its number."""

    chain: str
    seq: int
    at: datetime
    action: str
    actor: str
    about: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which records; empty: any."""

    since: datetime = BEGIN
    until: datetime = END
    """Before then."""
    actor: str = ""
    actions: tuple[str, ...] = ()
    search_id: UUID | None = None
    before: tuple[datetime, str, int] | None = None
    """Moment, chain and number of the last one of the page before."""
    limit: int = 100

    def told(self) -> dict[str, Any]:
        """For the record of who looked."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "actor": self.actor,
            "actions": list(self.actions),
            "search_id": str(self.search_id or ""),
            "limit": self.limit,
        }


def audit_records(client: Client, sought: Sought) -> Sequence[RecordShown]:
    """The newest first."""
    at, chain, seq = sought.before or (BEGIN, "", 0)
    return ask(
        client,
        "audit_records",
        RecordShown,
        since=sought.since,
        until=sought.until,
        actor=sought.actor,
        actions=list(sought.actions),
        search=str(sought.search_id or ""),
        before_at=at,
        before_chain=chain,
        before_seq=seq,
        limit=sought.limit,
    )
