"""Searches by plate for people who are signed in: recorded first, then asked, each answer recorded with its rows.

Whose search it is and whether it is still open is asked here for a clear word; the database asks it again and decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from clickhouse_connect.driver.client import Client

from console.searching.answers import PassagesFound, SearchShown, Understood
from console.searching.desk import Desk
from console.searching.export import Export, Format, Heading, export_of
from console.searching.known_cameras import KnownCameras
from console.searching.open_searches import Kept, OpenSearches, Passage
from console.searching.reopening import asked_of, kept_of
from console.searching.shown import COLUMNS, LOCAL, for_file, passage_shown
from console.searching.spoken import Note
from console.searching.understanding import CLOCKS_AHEAD, DEFAULT_DAYS, alternatives_of, in_words, understood
from console.store import Store
from pipeline.runtime.clock import Clock
from schemas.search import Purpose, Role, SearchRecord
from sinks.clickhouse.plate_search.finding import EVERYTHING, LEAST_LIKELY, Finding, Narrowed, find
from sinks.clickhouse.plate_search.patterns import Match, is_plate
from sinks.clickhouse.queries.route import RoutePoint, plate_of_passage, route
from sinks.clickhouse.queries.scope import check_open
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchDesk, SearchRequest

__all__ = ["SEARCHERS", "Asked", "SearchRoom", "Wish"]

SEARCHERS: tuple[Role, ...] = ("officer", "investigator")
"""Roles that search, the first that one has is taken unless said."""
YEARS = range(2000, 2101)
"""What a time may lie in: others are slips."""
FREE_FOR = timedelta(days=31)
"""What every purpose opens (migration 0003): the database has nothing to say against a search of it when it is opened,
and is not asked then, which saves a tenth of the time. It is asked at every look, whatever it was."""
RECALLED = (1_000, 10_000)
"""Passages of its list that are asked for anew where somebody refers to one that another process has shown: more than a
page shows at first, and all that one can show."""
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody states before anything is shown."""

    pattern: str
    reason: str
    purpose: Purpose
    case_number: str | None = None
    since: datetime | None = None
    """None: thirty days back."""
    until: datetime | None = None
    """None: now."""
    role: Role | None = None
    """None: the first that searches."""
    police_zone: str | None = None
    """None: as the role is registered."""
    match: Match = "auto"
    decision_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked at of all that a search opens."""

    after: datetime | None = None
    before: datetime | None = None
    without: tuple[UUID, ...] = ()
    """Passages whose plates are not the wanted one."""
    limit: int = 100


class SearchRoom:
    """Where people search. Threads may share it; all of it waits for the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._clock = clock
        self._desk = Desk(store.police, SearchDesk(store.police, clock.now, store.chain))
        self._open = OpenSearches()
        self.cameras = KnownCameras(store.police, clock.monotonic)
        self.frames = store.frames

    def open(self, officer: str, zones: Mapping[Role, str], asked: Asked) -> SearchShown:
        """Record a search. zones: the officer's roles, each with its police zone. Raises SearchRefused."""
        notes: list[Note] = []

        def read(request: SearchRequest) -> SearchRequest:
            _check_rights(request, asked, zones)
            _check_time(request)
            found, said = understood(request, asked.match)
            notes.extend(said.notes)
            return replace(found, asked=asked_of(asked.match, notes))

        record = self._desk.open(self._request(officer, zones, asked), read)
        kept = Kept(record, asked.match, tuple(notes))
        if record.decision_id or record.captured_from < record.created_at - FREE_FOR:
            self._checked(record)
        return self._shown(self._open.keep(kept))

    def _request(self, officer: str, zones: Mapping[Role, str], asked: Asked) -> SearchRequest:
        role = asked.role if asked.role is not None else _first_role(zones)
        now = self._clock.now()
        until = asked.until or now + CLOCKS_AHEAD
        return SearchRequest(
            pattern=asked.pattern,
            reason=asked.reason,
            officer=officer,
            purpose=asked.purpose,
            captured_from=asked.since or min(now, until) - timedelta(days=DEFAULT_DAYS),
            captured_until=until,
            role=role,
            case_number=asked.case_number or None,
            police_zone=zones.get(role, "") if asked.police_zone is None else asked.police_zone,
            decision_id=asked.decision_id or None,
        )

    def _checked(self, record: SearchRecord) -> None:
        """What the database says to it; what it refuses is recorded."""
        try:
            check_open(self._desk.client, record.search_id, record.officer)
        except SearchRefused as refusal:
            self._desk.searches.denied(record, refusal)
            raise

    def _shown(self, kept: Kept) -> SearchShown:
        record = kept.record
        tolerant = record.tolerance > 0
        return SearchShown(
            search_id=record.search_id,
            created_at=record.created_at,
            expires_at=record.expires_at,
            open=self._clock.now() < record.expires_at,
            purpose=record.purpose,
            reason=record.reason,
            case_number=record.case_number,
            role=record.role,
            police_zone=record.police_zone,
            captured_from=record.captured_from,
            captured_until=record.captured_until,
            decision_id=record.decision_id,
            understood=Understood(
                record.pattern,
                in_words(record.pattern, tolerant=tolerant),
                alternatives_of(record.pattern),
                tolerant,
                list(kept.notes),
            ),
        )

    def again(self, officer: str, search_id: UUID) -> SearchShown:
        """A search of this officer as it was recorded, also when it opens nothing any more. Raises SearchRefused."""
        return self._shown(self.mine(officer, search_id, ended=True))

    def mine(self, officer: str, search_id: UUID, *, ended: bool = False) -> Kept:
        """The officer's search, also one that another process opened. Raises SearchRefused, recorded: of somebody else,
        ended, or without what it takes to go on with it.

        ended: True: also one that opens nothing any more.
        """
        kept = self._open.get(search_id)
        if kept is None or kept.record.officer != officer:  # of somebody else: the database says so
            kept = self._open.keep(self._desk.again(officer, search_id, kept_of))
        if not ended:
            self._desk.check_time(kept.record, self._clock.now())
        return kept

    def ask(
        self, kept: Kept, question: str | Callable[[Answer], str], answer: Callable[[], tuple[Answer, int]]
    ) -> Answer:
        """As `Desk.ask`."""
        return self._desk.ask(kept.record, question, answer)

    def note(self, kept: Kept, passages: Sequence[tuple[UUID, Passage]]) -> None:
        """These were shown by the search, so it may be asked for their pictures and ways."""
        self._open.note(kept, passages)

    def passage(self, kept: Kept, passage_id: UUID) -> Passage | None:
        """One that the search has shown, in this process or another; None: it opens no such. Raises SearchRefused.

        What another process has shown is asked for anew, and recorded anew: the way of its vehicle, or as much of the
        list as it takes.
        """
        if passage_id not in kept.shown:
            with kept.turn:
                self._recall(kept, passage_id)
        return kept.shown.get(passage_id)

    def _recall(self, kept: Kept, passage_id: UUID) -> None:
        asked: frozenset[str] = frozenset()
        for limit in (kept.listed, *RECALLED):
            if limit > kept.listed and not kept.complete:
                self._found(kept, Wish(limit=limit))
            plates = kept.plates() - asked
            if passage_id not in kept.shown and plates:
                self._recall_way(kept, passage_id, sorted(plates))
            if passage_id in kept.shown:
                return
            asked |= plates

    def _recall_way(self, kept: Kept, passage_id: UUID, plates: Sequence[str]) -> None:
        """All that passed of the vehicle, if it is one of these."""
        try:
            plate = plate_of_passage(self.client, kept.record, plates, passage_id)
        except SearchRefused as refusal:
            self._desk.searches.denied(kept.record, refusal)
            raise
        if plate is not None:
            self.way(kept, plate, "route", max(RECALLED))

    def way(self, kept: Kept, plate: str, question: str, limit: int) -> Sequence[RoutePoint]:
        """Passages of a vehicle of the search, oldest first, the newest `limit`; recorded under the question's name."""

        def answer() -> tuple[Sequence[RoutePoint], int]:
            points = route(self.client, kept.record, [plate], limit)
            return points, len(points)

        found = self.ask(kept, question, answer)
        self.note(kept, [(one.passage_id, Passage(one.plate, one.evidence)) for one in found])
        return found

    def plate_meant(self, kept: Kept, passage_id: UUID | None) -> str:
        """The plate of a passage that the search has shown; none given: the search's own. Raises SearchRefused."""
        if passage_id is None:
            if not is_plate(kept.record.pattern):
                raise SearchRefused("say which vehicle: give the passage_id of one that was shown", "passage_needed")
            return kept.record.pattern
        found = self.passage(kept, passage_id)
        if found is None:
            raise SearchRefused("this search has not shown such a passage", "passage_unknown")
        return found.plate

    @property
    def client(self) -> Client:
        """Of the store."""
        return self._desk.client

    def passages(self, officer: str, search_id: UUID, wish: Wish) -> PassagesFound:
        """Where the vehicles that the search may mean were last, best first. Raises SearchRefused."""
        kept = self.mine(officer, search_id)
        finding = self._found(kept, wish)
        return PassagesFound(
            search_id=search_id,
            question=finding.question,
            count=len(finding.sightings),
            more=finding.more,
            plates=finding.plates,
            unlikely=finding.unlikely,
            passages=[passage_shown(kept.record, one, self.cameras, frames=self.frames) for one in finding.sightings],
        )

    def _found(self, kept: Kept, wish: Wish) -> Finding:
        narrowed = self._narrowed(kept, wish)
        least = 0.0 if kept.match == "misread" else LEAST_LIKELY

        def answer() -> tuple[Finding, int]:
            finding = find(self._desk.client, kept.record, wish.limit, least, narrowed)
            return finding, len(finding.sightings)

        finding = self.ask(kept, lambda found: found.question, answer)
        seen = (one.seen for one in finding.sightings)
        self.note(kept, [(one.passage_id, Passage(one.plate, one.evidence)) for one in seen])
        if narrowed is EVERYTHING:
            kept.listed = max(kept.listed, wish.limit)
            kept.complete = kept.complete or not finding.more
        return finding

    def _narrowed(self, kept: Kept, wish: Wish) -> Narrowed:
        if (wish.after, wish.before, wish.without) == (None, None, ()):
            return EVERYTHING
        others = [self.passage(kept, one) for one in wish.without]
        if None in others:
            raise SearchRefused("only passages that this search has shown can be left out", "passage_unknown")
        return Narrowed(wish.after, wish.before, frozenset(one.plate for one in others if one is not None))

    def export(self, officer: str, search_id: UUID, wish: Wish, wanted: Format) -> Export:
        """What was found as a file; that it leaves the platform is recorded with its digest first."""
        kept = self.mine(officer, search_id)
        finding = self._found(kept, wish)
        rows = [for_file(passage_shown(kept.record, one, self.cameras)) for one in finding.sightings]
        record = kept.record
        heading = Heading(
            title=f"Passages of {in_words(record.pattern, tolerant=record.tolerance > 0)}",
            audit_number=str(record.search_id),
            officer=officer,
            reason=record.reason,
            case_number=record.case_number or "",
            made_at=f"{self._clock.now().astimezone(LOCAL):%Y-%m-%d %H:%M:%S} (Brussels time)",
        )
        made = export_of(wanted, heading, rows, COLUMNS)
        self._desk.exported(record, made.file_name, made.rows, made.sha256)
        return made


def _first_role(zones: Mapping[Role, str]) -> Role:
    return next((one for one in SEARCHERS if one in zones), SEARCHERS[0])


def _check_rights(request: SearchRequest, asked: Asked, zones: Mapping[Role, str]) -> None:
    """Raises SearchRefused for a role that is not the officer's, or another zone than it is registered for."""
    if request.role not in SEARCHERS:
        raise SearchRefused(f"the role {request.role} does not search: {' or '.join(SEARCHERS)} does", "role_closed")
    if request.role not in zones:
        raise SearchRefused(f"you are not registered as {request.role}: ask an administrator", "role_closed")
    registered = zones[request.role]
    if registered and asked.police_zone not in (None, registered):
        raise SearchRefused(f"you are registered for the police zone {registered} only", "zone_closed")


def _check_time(request: SearchRequest) -> None:
    if not {request.captured_from.year, request.captured_until.year} <= set(YEARS):
        raise SearchRefused(f"a time outside of {YEARS[0]} to {YEARS[-1]} is a slip", "range_wrong")
