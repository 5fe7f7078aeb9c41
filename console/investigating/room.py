"""Where investigators ask at the console: recorded first, then asked, each answer recorded with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from uuid import UUID

from console.investigating.asked import Question
from console.investigating.questions import Answer, answer_of, reading_of
from console.investigating.reopening import asked_of, kept_of
from console.searching.desk import Desk
from console.searching.export import Export, Format, Heading, export_of
from console.store import Store
from pipeline.runtime.clock import Clock
from schemas.search import Purpose, Role, SearchRecord
from sinks.clickhouse.queries.cameras import cameras
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchDesk, SearchRequest

__all__ = ["ASKERS", "InvestigationRoom", "Opened", "Stated"]

ASKERS: tuple[Role, ...] = ("investigator", "officer")
"""Roles that ask, the first that one has is taken unless said."""
MOST_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Stated:
    """What somebody states before anything is shown."""

    reason: str
    purpose: Purpose
    case_number: str | None = None
    role: Role | None = None
    police_zone: str | None = None
    """None: as the role is registered."""
    decision_id: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A recorded search, what it asks, and the answer."""

    record: SearchRecord
    question: Question
    answer: Answer


@dataclass(slots=True)
class _Kept:
    """An open question."""

    record: SearchRecord
    question: Question
    pictures: Mapping[UUID, str] | None = None
    """Of all passages that it has shown, see `Answer`; None: it was not asked in this process yet."""
    turn: Lock = field(default_factory=Lock)
    """To ask it anew: once, whoever needs it."""


class InvestigationRoom:
    """Threads may share it; all of it waits for the store. Open questions are kept in memory, and are found again in
    the store where another process opened them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._desk = Desk(store.police, SearchDesk(store.police, clock.now, store.chain))
        self._kept: dict[UUID, _Kept] = {}
        self._lock = Lock()

    def open(self, officer: str, zones: Mapping[Role, str], stated: Stated, question: Question) -> Opened:
        """Record the search and answer it. zones: the officer's roles, each with its zone. Raises SearchRefused."""
        role = stated.role or _usual_role(zones)
        registered = cameras(self._store.police)
        now = self._clock.now()

        def read(request: SearchRequest) -> SearchRequest:
            _check_rights(role, zones, stated)
            return replace(reading_of(question, request, registered), asked=asked_of(question))

        request = self._request(officer, role, zones, stated, question.span(now))
        record = self._desk.open(replace(request, pattern=question.typed), read)
        return self._answered(self._keep(_Kept(record, question)))

    def _keep(self, kept: _Kept) -> _Kept:
        with self._lock:
            self._kept[kept.record.search_id] = kept
            while len(self._kept) > MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
        return kept

    def again(self, officer: str, search_id: UUID) -> Opened:
        """The same question once more, while its search is open. Raises SearchRefused."""
        return self._answered(self._mine(officer, search_id))

    def picture_of(self, officer: str, search_id: UUID, passage_id: UUID) -> str | None:
        """Key of the picture of a passage that the question has shown; empty: none was kept; None: it showed no such.

        Of a question that another process opened the answer is asked for anew, and recorded anew, once. Raises
        SearchRefused.
        """
        kept = self._mine(officer, search_id)
        self._desk.check_time(kept.record, self._clock.now())
        with kept.turn:
            if kept.pictures is None:
                self._answered(kept)
        return (kept.pictures or {}).get(passage_id)

    def _mine(self, officer: str, search_id: UUID) -> _Kept:
        with self._lock:
            kept = self._kept.get(search_id)
        if kept is None or kept.record.officer != officer:  # of somebody else: the database says so
            kept = self._keep(_Kept(*self._desk.again(officer, search_id, kept_of)))
        return kept

    def export(self, officer: str, search_id: UUID, wanted: Format) -> Export:
        """The answer as a file; that it leaves the platform is recorded with its digest first. Raises SearchRefused."""
        opened = self.again(officer, search_id)
        record, answer = opened.record, opened.answer
        heading = Heading(
            title=opened.question.title,
            audit_number=str(record.search_id),
            officer=officer,
            reason=record.reason,
            case_number=record.case_number or "",
            made_at=f"{self._clock.now():%Y-%m-%d %H:%M:%S} UTC",
        )
        made = export_of(wanted, heading, answer.rows, answer.columns)
        self._desk.exported(record, made.file_name, made.rows, made.sha256)
        return made

    def _request(
        self, officer: str, role: Role, zones: Mapping[Role, str], stated: Stated, span: tuple[datetime, datetime]
    ) -> SearchRequest:
        return SearchRequest(
            pattern="*",
            reason=stated.reason,
            officer=officer,
            purpose=stated.purpose,
            captured_from=span[0],
            captured_until=span[1],
            role=role,
            case_number=stated.case_number or None,
            police_zone=zones.get(role, "") if stated.police_zone is None else stated.police_zone,
            decision_id=stated.decision_id or None,
        )

    def _answered(self, kept: _Kept) -> Opened:
        record, question = kept.record, kept.question

        def answer() -> tuple[Answer, int]:
            found = answer_of(question, self._store.police, record)
            return found, found.shown

        found = self._desk.ask(record, question.name, answer)
        kept.pictures = {**(kept.pictures or {}), **found.pictures}
        return Opened(record, question, found)


def _usual_role(zones: Mapping[Role, str]) -> Role:
    for role in ASKERS:
        if role in zones:
            return role
    return "officer"


def _check_rights(role: Role, zones: Mapping[Role, str], stated: Stated) -> None:
    if role not in ASKERS:
        raise SearchRefused(f"the role {role} does not search: {' or '.join(ASKERS)} does", "role_closed")
    if role not in zones:
        raise SearchRefused(f"you are not registered as {role}: ask an administrator", "role_closed")
    if zones[role] and stated.police_zone not in (None, zones[role]):
        raise SearchRefused(f"you are registered for the police zone {zones[role]} only", "zone_closed")
