"""Whether a search opens anything now, and if not, why: the guard that every view begins with, asked alone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.ask import ask
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["check_open"]


@dataclass(frozen=True, slots=True)
class _Scope:
    refused: int


@dataclass(frozen=True, slots=True)
class _Owner:
    own: bool


def check_open(client: Client, search_id: UUID, officer: str) -> None:
    """Raises SearchRefused for a search that is not this officer's, has ended, or may not be run.

    The guard looks among the searches of a month. What it does not know is looked for among older ones: somebody else's
    search is refused as such for as long as it is kept.
    """
    try:
        ask(client, "scope", _Scope, search_id=search_id, officer=officer)
    except SearchRefused as refused:
        if refused.code != "search_unknown":
            raise
        raise _of_long_ago(client, search_id, officer) or refused from None


def _of_long_ago(client: Client, search_id: UUID, officer: str) -> SearchRefused | None:
    """Why a search that the guard has forgotten opens nothing, in its words; None: there never was one."""
    found = ask(client, "search_owner", _Owner, search_id=search_id, officer=officer)
    if not found:
        return None
    if any(one.own for one in found):
        return SearchRefused("this search has ended; state the reason again", "search_expired")
    return SearchRefused("this search belongs to somebody else; record your own", "search_of_another")
