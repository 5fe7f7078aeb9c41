"""Plates that fit a pattern: what a search by part of a plate finds, before anybody asks where they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from clickhouse_connect.driver.client import Client

from schemas.search import SearchRecord
from sinks.clickhouse.plate_search.narrowing import Narrowing, narrowings_of
from sinks.clickhouse.queries.ask import ask

__all__ = ["Fitting", "fitting_by_turns", "months_of", "plates_through"]


@dataclass(frozen=True, slots=True)
class Fitting:
    """One plate that the search opens."""

    plate: str
    last_day: date
    """Day on which it passed last, UTC, as far as the search covers."""
    exact: bool
    """False: it fits only if look-alikes are taken for each other."""


def fitting_by_turns(client: Client, search: SearchRecord, enough: int, most: int) -> Iterator[Sequence[Fitting]]:
    """All plates that fit, best first in each turn. The first turn goes back until `enough` fit to the letter, each
    further one a month more; none tells a plate again. Raises SearchRefused.

    most: plates of one month, the others of it are not found.
    """
    told: set[str] = set()
    turn: dict[str, Fitting] = {}
    narrowings = narrowings_of(search.pattern)
    for month in months_of(search.captured_from, search.captured_until):
        for narrowing in narrowings:
            for one in plates_through(client, search, month, narrowing, most):
                if one.plate not in told:
                    turn.setdefault(one.plate, one)
        if told or sum(one.exact for one in turn.values()) >= enough:
            yield _best_first(turn.values())
            told |= turn.keys()
            turn = {}
    yield _best_first(turn.values())


def _best_first(found: Iterable[Fitting]) -> Sequence[Fitting]:
    return sorted(found, key=lambda one: (not one.exact, -one.last_day.toordinal(), one.plate))


def plates_through(
    client: Client, search: SearchRecord, month: int, narrowing: Narrowing, limit: int
) -> Sequence[Fitting]:
    """Plates of one month (202611) that the search opens and the narrowing lets through. Raises SearchRefused."""
    return ask(
        client,
        "plates_fitting_in_zone" if search.police_zone else "plates_fitting",
        Fitting,
        search_id=search.search_id,
        officer=search.officer,
        month=month,
        limit=limit,
        **narrowing.parameters(),
    )


def months_of(captured_from: datetime, captured_until: datetime) -> Iterator[int]:
    """Months of a range, UTC, as 202611, the newest first; no more than the year that is kept."""
    first = _months_since_0(captured_from)
    last = _months_since_0(captured_until)
    for number in range(last, max(first, last - 13) - 1, -1):
        yield number // 12 * 100 + number % 12 + 1


def _months_since_0(moment: datetime) -> int:
    return moment.year * 12 + moment.month - 1
