"""Whether a search opens anything now, and if not, why: the guard that every view begins with, asked alone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.ask import ask

__all__ = ["check_open"]


@dataclass(frozen=True, slots=True)
class _Scope:
    refused: int


def check_open(client: Client, search_id: UUID, officer: str) -> None:
    """Raises SearchRefused for a search that is not this officer's, has ended, or may not be run."""
    ask(client, "scope", _Scope, search_id=search_id, officer=officer)
