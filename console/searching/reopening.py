"""A search by plate, as the store keeps it beside its record, for a process that did not open it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from console.searching.open_searches import Kept
from console.searching.spoken import Note
from sinks.clickhouse.plate_search.patterns import Match
from sinks.clickhouse.queries.search_record import Recorded

__all__ = ["asked_of", "kept_of"]

PLATE = "plate"
"""What is asked; investigations have names of their own."""


def asked_of(match: Match, notes: Sequence[Note]) -> Mapping[str, Any]:
    """For `SearchRequest.asked`."""
    return {"question": PLATE, "match": match, "notes": list(notes)}


def kept_of(found: Recorded) -> Kept | None:
    """The search; None: it was not by plate, or opened by a program that keeps no question open."""
    match: Any = found.asked.get("match")
    if found.asked.get("question") != PLATE or match not in get_args(Match):
        return None
    notes = tuple(one for one in found.asked.get("notes", ()) if one in get_args(Note))
    return Kept(found.record, match, notes)
