"""Plates that a camera may have read where another one passed: what a search for a plate with an error finds."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import chain

from clickhouse_connect.driver.client import Client

from pipeline.plates.misread import misread_keys, misread_of
from schemas.search import SearchRecord
from sinks.clickhouse.plate_search.narrowing import Narrowing
from sinks.clickhouse.queries.plates_fitting import months_of, plates_through

__all__ = ["Likely", "plates_misread"]

MOST_READ = 2000
"""Plates of a month that are ranked: more than are ever one character away from a plate."""
AT_ONCE = 2
"""Months that are asked for at the same time: thirty days lie in two of them."""


@dataclass(frozen=True, slots=True)
class Likely:
    """One plate as a misread of the wanted one."""

    plate: str
    last_day: date
    """Day on which it passed last, UTC, as far as the search covers."""
    likelihood: float
    """Share of looks at the wanted plate that give this text, 0-1: `pipeline.plates.misread`."""
    why: str
    """`exact`, or the changes in words."""


def plates_misread(client: Client, search: SearchRecord, limit: int = 100) -> Sequence[Likely]:
    """The searched plate and what it may have been read as, the likeliest first. Raises SearchRefused.

    The search must have the tolerance 1 and one whole plate as its pattern; without the tolerance the database shows
    look-alikes only.
    """
    narrowing = Narrowing(keys=misread_keys(search.pattern))
    found: dict[str, Likely] = {}
    months = list(months_of(search.captured_from, search.captured_until))
    with ThreadPoolExecutor(AT_ONCE) as crew:
        read = crew.map(lambda month: plates_through(client, search, month, narrowing, MOST_READ), months)
        for one in chain.from_iterable(read):
            misread = misread_of(search.pattern, one.plate)
            if misread and one.plate not in found:
                found[one.plate] = Likely(one.plate, one.last_day, misread.likelihood, misread.why)
    return sorted(found.values(), key=lambda one: (-one.likelihood, -one.last_day.toordinal(), one.plate))[:limit]
