"""The oldest row of each table: how far back anything goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.ask import ask_sql

__all__ = ["OldestRow", "oldest_rows"]


@dataclass(frozen=True, slots=True)
class OldestRow:
    """One table."""

    table: str
    oldest: datetime | None
    """None: it is empty."""
    stored_rows: int


def oldest_rows(client: Client) -> Sequence[OldestRow]:
    """By name."""
    return ask_sql(client, "SELECT table, oldest, stored_rows FROM oldest_rows ORDER BY table", OldestRow)
