"""What an auditor looks at: whether the record is whole, who searched for what, each record. Each look is one too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from console.jobs import Tell
from console.store import Store
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.audit.heads import end_of
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.audit.report import report
from sinks.clickhouse.audit.verify import Verified, verify
from sinks.clickhouse.queries.audit_records import RecordShown, Sought, audit_records

__all__ = ["AuditRoom"]


@dataclass(frozen=True, slots=True)
class AuditRoom:
    """The police's audit, in the name of one auditor. Errors of ClickHouse pass through."""

    store: Store
    officer: str
    now: Callable[[], datetime]

    @property
    def _reads(self) -> Client:
        return self.store.audit or self.store.police

    def verify(self, tell: Tell) -> dict[str, Any]:
        """Find out whether any record was changed, removed, added or moved. Long work."""
        own = self.store.chain.read() if isinstance(self.store.chain, ChainFile) else None
        found = verify(self._reads, self.now(), own=own, progress=tell)
        self._looked("verification", {"records": found.records, "intact": found.intact})
        return _told(found)

    def report(self, first: date, last: date) -> dict[str, Any]:
        """Who searched how much for what, and use that somebody should explain, of these days (UTC)."""
        self._looked("report", {"from": first.isoformat(), "to": last.isoformat()})
        found = report(self._reads, end_of(first) - timedelta(days=1), end_of(last))
        return {"from": first.isoformat(), "to": last.isoformat(), **asdict(found)}

    def records(self, sought: Sought) -> Sequence[RecordShown]:
        """Records that fit, the newest first."""
        self._looked("records", sought.told())
        return audit_records(self._reads, sought)

    def story_of(self, search_id: UUID) -> Sequence[RecordShown]:
        """All that became of one search, in order; empty: there is none."""
        self._looked("search", {"search_id": str(search_id)})
        found = audit_records(self._reads, Sought(search_id=search_id, limit=1000))
        return list(reversed(found))

    def _looked(self, at: str, about: dict[str, Any]) -> None:
        """Recorded before it is shown."""
        Audit(self.store.police, self.now, self.store.chain).append("audit_shown", self.officer, {"what": at, **about})


def _told(found: Verified) -> dict[str, Any]:
    return {
        "intact": found.intact,
        "records": found.records,
        "chains": found.chains,
        "broken_count": found.broken_count,
        "broken": [asdict(one) for one in found.broken],
    }
