"""An investigator's question, as the store keeps it beside the record of its search, for another process to ask again.

What the search opens (plates, cameras, times) stands in its record; here is what an answer goes by besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from console.investigating.asked import Anomalies, Companions, Compared, Question, Scenes, What
from schemas.search import SearchRecord
from sinks.clickhouse.queries.place import Wanted
from sinks.clickhouse.queries.search_record import Recorded

__all__ = ["asked_of", "kept_of"]

GOES_BY: Mapping[type[Question], tuple[str, ...]] = {
    Scenes: ("in_order", "least", "limit"),
    Companions: ("within_s", "least", "everybody", "limit"),
    What: ("wanted", "limit"),
    Compared: ("limit",),
    Anomalies: ("kinds", "limit"),
}
"""What of a question its answer goes by, beside the record of its search."""
MADE: Mapping[str, Callable[[Mapping[str, Any]], Question]] = {
    Scenes.name: lambda given: Scenes((), **given),
    Companions.name: lambda given: Companions(**given),
    What.name: lambda given: What(**{**given, "wanted": msgspec.convert(given["wanted"], Wanted)}),
    Compared.name: lambda given: Compared(**given),
    Anomalies.name: lambda given: Anomalies(**{**given, "kinds": tuple(given["kinds"])}),
}


def asked_of(question: Question) -> Mapping[str, Any]:
    """For `SearchRequest.asked`."""
    told = {name: msgspec.to_builtins(getattr(question, name)) for name in GOES_BY[type(question)]}
    return {"question": question.name, **told}


def kept_of(found: Recorded) -> tuple[SearchRecord, Question] | None:
    """The search and its question; None: it asked another one, or a program that keeps no question open did."""
    given = dict(found.asked)
    make = MADE.get(given.pop("question", ""))
    try:
        return (found.record, make(given)) if make is not None else None
    except (KeyError, TypeError, msgspec.ValidationError):  # by another version of this program
        return None
