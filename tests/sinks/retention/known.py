"""Passages of a known age, and where they lie."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.retention.holds import Hold, HoldRequest, Holds
from sinks.clickhouse.retention.rules import YEAR
from tests.sinks.queries.facts import Fact, store_facts
from tests.sinks.retention.conftest import HOLDER

YEAR_AGO = YEAR.before(datetime.now(UTC)).replace(microsecond=0)
CASE, REASON = "BXL-2026-17", "Murder in the Rue Haute, file open"
Row = tuple[str, str, datetime]
"""Plate, camera and time."""


def aged(days: float) -> datetime:
    """So many days older than twelve months; less than none: younger. Whole seconds."""
    return YEAR_AGO - timedelta(days=days)


def store(client: Client, rows: Iterable[Row], evidence: str = "") -> None:
    """Put passages in, as the sink does, one block a month."""
    more = {"evidence": evidence} if evidence else {}
    store_facts(client, [Fact(*row, more) for row in rows])


def stored(client: Client, table: str = "passages") -> set[Row]:
    """What a table of passages has."""
    return set(client.query(f"SELECT plate, toString(camera_id), captured_at FROM {table}").result_rows)


def kept(client: Client, hold_id: UUID) -> set[Row]:
    """What a hold has."""
    return set(
        client.query(
            "SELECT plate, toString(camera_id), captured_at FROM held_passages FINAL WHERE hold_id = {id:UUID}",
            parameters={"id": hold_id},
        ).result_rows
    )


def some_months_ago(client: Client, days: float = 90) -> Holds:
    """Holds as somebody placed them so long ago: they reach back to what was twelve months old then."""
    return Holds(client, lambda: datetime.now(UTC) - timedelta(days=days), HOLDER)


def request(*plates: str, cameras: tuple[str, ...] = (), **more: datetime) -> HoldRequest:
    """A hold of these for the case."""
    return HoldRequest(CASE, REASON, plates, cameras, **more)


def place(holds: Holds, *plates: str, cameras: tuple[str, ...] = (), **more: datetime) -> Hold:
    """Such a hold, placed."""
    return holds.place(request(*plates, cameras=cameras, **more))
