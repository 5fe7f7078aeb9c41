"""Single verdicts, as far as a recorded search opens them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from clickhouse_connect.driver.client import Client

from schemas.lez import LezVerdict
from sinks.clickhouse.lez.queries.stream import streamed
from sinks.clickhouse.lez.searches import LezSearch

__all__ = ["FIELDS", "OF_SEARCH", "history_of", "verdict_named", "waiting"]

FIELDS = tuple(name for name in LezVerdict.model_fields if name not in {"schema_version", "withdrawn"})
OF_SEARCH = "(search_id = {search_id:UUID}, officer = {officer:String})"
WAITS = "NOT sure AND if_sure IN ('non_compliant', 'unregistered') AND plate != ''"


def verdict_named(client: Client, search: LezSearch, verdict_id: UUID) -> LezVerdict | None:
    """The verdict as it stands; None: none that the search covers. Raises SearchRefused."""
    source = f"FROM verdicts_of_search{OF_SEARCH} WHERE verdict_id = {{verdict_id:UUID}}"
    found = streamed(client, LezVerdict, FIELDS, source, **search.given, verdict_id=verdict_id)
    return next(iter(list(found)), None)


def history_of(client: Client, search: LezSearch, verdict_id: UUID) -> Sequence[LezVerdict]:
    """Every time it was taken; the one that holds is the last. Raises SearchRefused."""
    source = f"""FROM verdict_history_of_search{OF_SEARCH} WHERE verdict_id = {{verdict_id:UUID}}
        ORDER BY revision, known_at, cause"""
    return list(streamed(client, LezVerdict, (*FIELDS, "withdrawn"), source, **search.given, verdict_id=verdict_id))


def waiting(client: Client, search: LezSearch, zone: str, limit: int) -> Sequence[LezVerdict]:
    """Doubtful reads that would be offences if the plate is right, the newest first. zone: empty: all.

    Raises SearchRefused.
    """
    source = f"""FROM verdicts_of_search{OF_SEARCH} WHERE {WAITS} AND ({{zone:String}} = '' OR zone = {{zone:String}})
        ORDER BY captured_at DESC, verdict_id LIMIT {{limit:UInt32}}"""
    return list(streamed(client, LezVerdict, FIELDS, source, **search.given, zone=zone, limit=limit))
