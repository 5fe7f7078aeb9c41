"""Finding a vehicle by its plate: which plates the search may mean, and where they were last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from clickhouse_connect.driver.client import Client

from pipeline.plates.misread import probability
from schemas.search import SearchRecord
from sinks.clickhouse.plate_search.patterns import is_plate
from sinks.clickhouse.queries.held_by_case import held_by_case
from sinks.clickhouse.queries.latest import Seen, latest
from sinks.clickhouse.queries.plates_fitting import Fitting, fitting_by_turns
from sinks.clickhouse.queries.plates_misread import plates_misread

__all__ = ["EVERYTHING", "LEAST_LIKELY", "Finding", "Narrowed", "Sighting", "find"]

LEAST_LIKELY = 0.0005
"""Probability below which a misread is left out unless wanted, where the plate itself was seen: a sure read of another
vehicle's plate that happens to be one character away."""
FOR_MISREADS = 4
"""One in so many results is kept for misreads of a plate that passed very often."""
MOST_PLATES = 1000
"""Plates of a month that a search looks for, at least: the best of all that fit. Of a wide pattern and a few hours most
of them did not pass then, so it goes on down the list until there are results enough."""
FIRST_PLATES, FEW_PLATES, AT_ONCE = 100, 10, 500
"""Plates that the first question asks for, and how few and how many a further one asks for."""
SPARE = 10
"""One plate in so many more at first: a passage that was withdrawn leaves its plate in the list, and to ask a second
time for the few that are missing takes as long as the first."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is looked at of all that a search opens; as given, everything."""

    after: datetime | None = None
    """Passages from then …"""
    before: datetime | None = None
    """… until before then."""
    without: frozenset[str] = frozenset()
    """Plates, compact, that are not the wanted ones."""

    def of(self, search: SearchRecord) -> SearchRecord:
        """The search with this time, where it is shorter. What it opens, the database goes by as recorded."""
        begin = max(search.captured_from, self.after or search.captured_from)
        end = min(search.captured_until, self.before or search.captured_until)
        return search.model_copy(update={"captured_from": begin, "captured_until": end})

    @property
    def time(self) -> tuple[datetime | None, datetime | None]:
        """After and before."""
        return self.after, self.before


EVERYTHING = Narrowed()


@dataclass(frozen=True, slots=True)
class Sighting:
    """One passage, and why it is shown."""

    seen: Seen
    why: str
    """`exact`, the pattern that it fits, or what was misread."""
    probability: float | None
    """That the vehicle carries the plate as it is searched, 0-1, not yet calibrated; None: look-alikes of a part."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a search by plate found."""

    question: str
    """`exact`, `partial` or `misread`."""
    sightings: Sequence[Sighting]
    """Best first: to the letter and the newest first; misreads below, the likeliest first."""
    plates: int
    """How many plates came into question."""
    more: bool
    """True: there is more than this; the search is to be narrowed, or the limit raised."""
    unlikely: int = 0
    """Misreads that were left out, as they are hardly the wanted vehicle."""


def find(
    client: Client, search: SearchRecord, limit: int = 100, least: float = 0.0, narrowed: Narrowed = EVERYTHING
) -> Finding:
    """Where the vehicles that a recorded search may mean were last. Raises SearchRefused.

    A whole plate is answered by its newest passages, with the tolerance 1 also by those that may be misreads of it;
    a part by the newest passages of each plate that fits, the fewer of each the more plates fit.
    least: misreads that are the wanted vehicle with less probability are counted, not shown, where the plate itself was
    seen: they are other people's vehicles.
    What the search's case holds beyond twelve months comes last.
    """
    if narrowed is not EVERYTHING:
        search = narrowed.of(search)
        if search.captured_from >= search.captured_until:
            return Finding("exact" if is_plate(search.pattern) else "partial", [], 0, more=False)
    found = _within_a_year(client, search, limit, least, narrowed)
    held = [
        Sighting(one, f"held for file {search.case_number}", one.confidence if one.plate == search.pattern else None)
        for one in held_by_case(client, search, limit - len(found.sightings))
        if one.plate not in narrowed.without and search.captured_from <= one.captured_at < search.captured_until
    ]
    sightings = [*found.sightings, *held]
    return replace(found, sightings=sightings, more=found.more or len(sightings) >= limit) if held else found


def _within_a_year(client: Client, search: SearchRecord, limit: int, least: float, narrowed: Narrowed) -> Finding:
    if not is_plate(search.pattern):
        return _partial(client, search, limit, narrowed)
    if not search.tolerance:
        found = _exact(client, search, limit, narrowed)
        return Finding("exact", found, bool(found), len(found) >= limit)
    return _misread(client, search, limit, least, narrowed)


def _exact(client: Client, search: SearchRecord, limit: int, narrowed: Narrowed) -> Sequence[Sighting]:
    if search.pattern in narrowed.without:
        return []
    seen = latest(client, search, [search.pattern], limit, time=narrowed.time)
    return [Sighting(one, "exact", one.confidence) for one in seen]


def _misread(client: Client, search: SearchRecord, limit: int, least: float, narrowed: Narrowed) -> Finding:
    with ThreadPoolExecutor(1) as beside:  # neither waits for the other: half of the time
        read = beside.submit(plates_misread, client, search, max(limit, MOST_PLATES))
        exact = _exact(client, search, limit, narrowed)
    likely = {one.plate: one.why for one in read.result()}
    others = [plate for plate in likely if plate != search.pattern]
    misreads = [
        Sighting(one, likely[one.plate], probability(search.pattern, one.plate, one.confidence))
        for one in _spread(client, search, others, limit, narrowed)
    ]
    floor = least if exact else 0.0
    shown = sorted((one for one in misreads if (one.probability or 0) >= floor), key=_likelier_first)
    below = shown[: max(limit - len(exact), limit // FOR_MISREADS)]
    found = [*exact[: limit - len(below)], *below]
    return Finding("misread", found, len(likely), len(found) >= limit, len(misreads) - len(shown))


def _likelier_first(one: Sighting) -> tuple[float, float]:
    return -(one.probability or 0), -one.seen.captured_at.timestamp()


def _partial(client: Client, search: SearchRecord, limit: int, narrowed: Narrowed) -> Finding:
    fitting: dict[str, Fitting] = {}
    seen: list[Seen] = []
    most = max(limit, MOST_PLATES)
    full = False
    for turn in fitting_by_turns(client, search, limit, most):
        fitting |= {one.plate: one for one in turn}
        full = full or len(turn) >= most
        seen += _spread(client, search, [one.plate for one in turn], limit - len(seen), narrowed)
        if len(seen) >= limit:
            break
    sightings = [_fits(search, fitting, one) for one in seen]
    sightings.sort(key=lambda one: (not fitting[one.seen.plate].exact, -one.seen.captured_at.timestamp()))
    return Finding("partial", sightings[:limit], len(fitting), full or len(seen) >= limit)


def _spread(
    client: Client, search: SearchRecord, plates: Sequence[str], limit: int, narrowed: Narrowed
) -> Sequence[Seen]:
    """Newest passages of the plates, which come best first: of each so many that all have their place, down the list
    until `limit` are found: after the first plates so many more as that will take, going by what was found. Whoever
    asks puts them in order and cuts."""
    seen: list[Seen] = []
    plates = [plate for plate in plates if plate not in narrowed.without]
    each = max(1, limit // max(1, len(plates)))
    start, step = 0, min(max(limit + limit // SPARE, FIRST_PLATES), AT_ONCE)
    while start < len(plates) and len(seen) < limit:
        page = plates[start : start + step]
        seen += latest(client, search, page, len(page) * each, each, narrowed.time)
        start += step
        step = min(max(2 * (limit - len(seen)) * start // max(len(seen), 1), FEW_PLATES), AT_ONCE)
    return seen


def _fits(search: SearchRecord, fitting: Mapping[str, Fitting], one: Seen) -> Sighting:
    if fitting[one.plate].exact:
        return Sighting(one, f"fits {search.pattern}", one.confidence)
    return Sighting(one, f"fits {search.pattern} with look-alikes", None)
