"""The audit, for auditors: is it whole, who searched for what, record by record. Each look is a record too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from console.asking import asked, problems
from console.audit_room import AuditRoom
from console.details import detail_in
from console.jobs import Job
from console.languages import Language, LanguageOf
from console.parts import Parts, PartsOf
from console.problems import ProblemFound
from console.signin.person import Person, having
from sinks.clickhouse.audit.records import ACTIONS
from sinks.clickhouse.queries.audit_records import RecordShown, Sought

__all__ = ["router"]

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=problems(404))
Auditor = Annotated[Person, Depends(having("auditor"))]
VERIFICATION = "audit verification"
PLACE = r"^[0-9TZ:.+-]{10,40}~[0-9A-Za-z_-]{1,64}~[0-9]{1,18}$"


class Progress(BaseModel):
    """Long work: how far it is, and what it found."""

    started_by: str
    started_at: datetime
    finished_at: datetime | None = None
    """Null: it runs."""
    done: int = 0
    total: int = 0
    fault: str = ""
    """Why there is no result; empty: there is, or it runs."""
    result: dict[str, Any] | None = None


class State(BaseModel):
    """The last verification since the process began; null: none."""

    verification: Progress | None


class Records(BaseModel):
    """Records, the newest first."""

    records: list[dict[str, Any]]
    """`chain` and `seq` (the number), `at`, `action`, `actor`, `about`."""
    next: str | None
    """For `before`, to get the next page; null: there is none."""


def progress_of(job: Job | None, language: Language) -> Progress | None:
    """A job as it is told. language: of who looks, who need not be who began it."""
    if job is None:
        return None
    return Progress(**asdict(job) | {"fault": detail_in(job.fault, language)})


@router.get("/state")
async def state(parts: PartsOf, _auditor: Auditor, language: LanguageOf) -> State:
    """When the audit was verified last, what was found, and how far a verification is that runs."""
    return State(verification=progress_of(parts.jobs.last(VERIFICATION), language))


@router.post("/verification", status_code=HTTPStatus.ACCEPTED)
async def verify(parts: PartsOf, auditor: Auditor, language: LanguageOf) -> State:
    """Begin to verify the whole audit, as `anpr audit verify` does; `state` tells how far it is.

    Where one runs already, that one goes on.
    """
    job = parts.jobs.start(VERIFICATION, auditor.officer, _room(parts, auditor).verify)
    return State(verification=progress_of(job, language))


@router.get("/report")
async def report(
    parts: PartsOf,
    auditor: Auditor,
    since: Annotated[date | None, Query(alias="from", description="First day, UTC; unset: 30 days.")] = None,
    until: Annotated[date | None, Query(alias="to", description="Last day, UTC; unset: today.")] = None,
) -> dict[str, Any]:
    """Who searched how much for what, and use that somebody should explain; as `anpr audit report --json`."""
    last = until or parts.clock.now().date()
    first = since or _back(last, 30)
    _check_days(first, last)
    return await asked(_room(parts, auditor).report, first, last)


@router.get("/records")
async def records(
    parts: PartsOf,
    auditor: Auditor,
    since: Annotated[date | None, Query(alias="from", description="First day, UTC; unset: all.")] = None,
    until: Annotated[date | None, Query(alias="to", description="Last day, UTC; unset: today.")] = None,
    actor: Annotated[str, Query(max_length=80, description="Who; empty: anybody.")] = "",
    action: Annotated[list[str] | None, Query(description=f"What: {', '.join(ACTIONS)}.")] = None,
    before: Annotated[str | None, Query(pattern=PLACE, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Records:
    """Records that fit, the newest first. No plate in the address: by search, see `searches`."""
    for one in action or ():
        if one not in ACTIONS:
            raise ProblemFound(HTTPStatus.UNPROCESSABLE_ENTITY, f"there is no such action: one of {', '.join(ACTIONS)}")
    first, last = since or date(2000, 1, 1), until or parts.clock.now().date()
    _check_days(first, last)
    sought = Sought(
        _begin(first), _begin(last) + timedelta(days=1), actor, tuple(action or ()), None, _place(before), limit
    )
    return _told(await asked(_room(parts, auditor).records, sought), limit)


@router.get("/searches/{search_id}")
async def story(parts: PartsOf, auditor: Auditor, search_id: UUID) -> Records:
    """All that became of one search, in order: why, by whom, what was shown, refused and exported."""
    found = await asked(_room(parts, auditor).story_of, search_id)
    if not found:
        raise ProblemFound(HTTPStatus.NOT_FOUND, "no record names this search")
    return Records(records=list(map(_record, found)), next=None)


def _room(parts: Parts, auditor: Person) -> AuditRoom:
    return AuditRoom(parts.store, auditor.officer, parts.clock.now)


def _check_days(first: date, last: date) -> None:
    if not 2000 <= first.year <= last.year <= 2100 or first > last:
        raise ProblemFound(HTTPStatus.UNPROCESSABLE_ENTITY, "give days of 2000 to 2100, the first before the last one")


def _back(day: date, days: int) -> date:
    return day - timedelta(days=days) if day.year > 2000 else day


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _place(text: str | None) -> tuple[datetime, str, int] | None:
    if text is None:
        return None
    at, chain, seq = text.split("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise ProblemFound(HTTPStatus.UNPROCESSABLE_ENTITY, "`before` is not what a page gave as `next`") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), chain, int(seq)


def _told(found: Sequence[RecordShown], limit: int) -> Records:
    last = found[-1] if len(found) == limit else None
    after = f"{last.at.isoformat()}~{last.chain}~{last.seq}" if last else None
    return Records(records=list(map(_record, found)), next=after)


def _record(one: RecordShown) -> dict[str, Any]:
    return asdict(one) | {"about": json.loads(one.about)}
