"""Magistrates' decisions that open what is older than a month, as they were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.ask import ask_sql

__all__ = ["DecisionShown", "access_decisions"]

SQL = """SELECT decision_id, magistrate, case_number, covers_from, covers_until, valid_until, recorded_by, recorded_at
    FROM access_decisions FINAL ORDER BY recorded_at DESC, decision_id LIMIT 1000"""


@dataclass(frozen=True, slots=True)
class DecisionShown:
    """One decision."""

    decision_id: str
    magistrate: str
    case_number: str
    covers_from: datetime
    covers_until: datetime
    valid_until: datetime
    """Searches until before then."""
    recorded_by: str
    recorded_at: datetime


def access_decisions(client: Client) -> Sequence[DecisionShown]:
    """The newest first, a thousand at most."""
    return ask_sql(client, SQL, DecisionShown)
