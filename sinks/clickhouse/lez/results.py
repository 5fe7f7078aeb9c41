"""What a recorded search shows of the zones' database: verdicts, notices, passes, permits, as in their contracts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from schemas.lez import LezPass, LezPermits, LezVerdict
from schemas.lez_notice import LezNotice
from sinks.clickhouse.lez.searches import LezSearch
from sinks.clickhouse.queries.records import Record, records
from sinks.clickhouse.refusal import refusal_of

__all__ = ["notices", "passes", "permits", "verdict_history", "verdicts"]

_OF = """SELECT * FROM {view}(search_id = {{search_id:UUID}}, officer = {{officer:String}})
WHERE {where} ORDER BY {order}"""
NO_PLATE = "plate != ''"
"""A verdict whose plate was cleared is one of statistics: its contract has no such thing."""


def verdicts(client: Client, search: LezSearch) -> Iterator[Any]:
    """Verdicts that hold, in order of time. Raises SearchRefused."""
    return _ask(client, search, "verdicts_of_search", LezVerdict, "zone, captured_at, verdict_id", NO_PLATE)


def verdict_history(client: Client, search: LezSearch) -> Iterator[Any]:
    """Every verdict that was taken, each passage's oldest first. Raises SearchRefused."""
    order = "zone, captured_at, verdict_id, revision, known_at, cause"
    return _ask(client, search, "verdict_history_of_search", LezVerdict, order, NO_PLATE)


def notices(client: Client, search: LezSearch) -> Iterator[Any]:
    """Notices as they stand, by day. Raises SearchRefused."""
    return _ask(client, search, "notices_of_search", LezNotice, "zone, day, notice_id")


def passes(client: Client, search: LezSearch) -> Iterator[Any]:
    """Day passes, by day. Raises SearchRefused."""
    return _ask(client, search, "passes_of_search", LezPass, "zone, day, pass_id")


def permits(client: Client, search: LezSearch) -> Iterator[Any]:
    """Rights granted, by plate. Raises SearchRefused."""
    return _ask(client, search, "permits_of_search", LezPermits, "plate")


def _ask(
    client: Client, search: LezSearch, view: str, model: type[Record], order: str, where: str = "1"
) -> Iterator[Record]:
    try:
        yield from records(client, _OF.format(view=view, where=where, order=order), model, **search.given)
    except DatabaseError as error:
        refused = refusal_of(error)
        if refused is None:
            raise
        raise refused from error
