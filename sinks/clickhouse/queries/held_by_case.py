"""What a case holds beyond twelve months: for a search on its file, by a magistrate's decision."""

from __future__ import annotations

from collections.abc import Sequence

from clickhouse_connect.driver.client import Client

from schemas.search import SearchRecord
from sinks.clickhouse.queries.ask import ask
from sinks.clickhouse.queries.latest import Seen
from sinks.clickhouse.retention.rules import YEAR

__all__ = ["held_by_case"]


def held_by_case(client: Client, search: SearchRecord, limit: int = 100) -> Sequence[Seen]:
    """Newest held passages past twelve months that the search covers. Raises SearchRefused.

    Nothing, without asking, for a search that names no case or does not go back that far.
    """
    if not search.case_number or search.captured_from >= YEAR.before(search.created_at) or limit < 1:
        return []
    return ask(client, "held_by_case", Seen, search_id=search.search_id, officer=search.officer, limit=limit)
