"""The lists, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.ask import ask

__all__ = ["OneList", "lists"]

SOON = timedelta(days=7)
LATELY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class OneList:
    """One owner's entries of one kind that are valid."""

    owner: str
    list_kind: str
    priority: int
    """Of its most urgent entry."""
    entries: int
    patterns: int
    """Entries with wildcards."""
    ending: int
    """Entries that end within a week."""
    hits: int
    """On what passed in the last 24 hours."""
    changed_at: datetime
    """When one of these entries was put last."""


def lists(client: Client, now: datetime) -> Sequence[OneList]:
    """All of them, the most urgent kinds first."""
    return ask(client, "lists", OneList, now=now, soon=now + SOON, since=now - LATELY)
