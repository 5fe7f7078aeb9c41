"""Administration: who may do what, magistrates' decisions, subscribers, what is kept, the settings that hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from console.administration import Administration
from console.asking import asked, problems
from console.parts import Parts, PartsOf
from console.problems import ProblemFound
from console.signin.person import Person, having
from schemas.search import Role
from sinks.clickhouse.officers import FOREVER, Decision, Officer
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["administration"], responses=problems(409))
Administrator = Annotated[Person, Depends(having("administrator"))]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class Registration(BaseModel):
    """A person in a role."""

    model_config = ConfigDict(extra="forbid")

    officer: Name
    role: Role
    police_zone: Annotated[str, Field(max_length=64)] = ""
    """Whose cameras; empty: all (federal)."""
    until: date | None = None
    """Last day, UTC; null: no end."""


class Ended(BaseModel):
    """Whose registration ends."""

    model_config = ConfigDict(extra="forbid")

    officer: Name
    role: Role | None = None
    """Null: in all roles."""


class Decided(BaseModel):
    """A magistrate's decision that opens what is older than a month, for one file. Days are UTC."""

    model_config = ConfigDict(extra="forbid")

    decision_id: Name
    magistrate: Name
    case_number: Name
    covers_from: date
    covers_until: date
    """Last day that it opens."""
    valid_until: date
    """Last day to search by it."""


class Officers(BaseModel):
    """Registrations, the ended ones too, by name; `valid_until` null: no end."""

    officers: list[dict[str, Any]]


class Decisions(BaseModel):
    """The newest first."""

    decisions: list[dict[str, Any]]


class Subscribers(BaseModel):
    """Programs that are told hits, the ended ones too. No secret."""

    subscribers: list[dict[str, Any]]


@router.get("/officers")
async def list_officers(parts: PartsOf, person: Administrator) -> Officers:
    """Who is and was registered."""
    return _officers(await asked(_desk(parts, person).officers))


@router.post("/officers", status_code=HTTPStatus.CREATED)
async def add_officer(parts: PartsOf, person: Administrator, wanted: Registration) -> Officers:
    """Register somebody in a role, or change the zone or end of who is. Recorded in the audit."""
    now = parts.clock.now()
    until = _end_of(wanted.until) if wanted.until else FOREVER
    officer = Officer(wanted.officer, wanted.role, wanted.police_zone, now, until)
    await asked(_desk(parts, person).add, officer)
    return _officers(await asked(_desk(parts, person).officers))


@router.post("/officers/ended")
async def end_officer(parts: PartsOf, person: Administrator, ended: Ended) -> Officers:
    """End a registration now: open searches close too. Recorded in the audit."""
    await asked(_desk(parts, person).end, ended.officer, ended.role)
    return _officers(await asked(_desk(parts, person).officers))


@router.get("/decisions")
async def list_decisions(parts: PartsOf, person: Administrator) -> Decisions:
    """Decisions that were recorded."""
    return Decisions(decisions=[asdict(one) for one in await asked(_desk(parts, person).decisions)])


@router.post("/decisions", status_code=HTTPStatus.CREATED)
async def decide(parts: PartsOf, person: Administrator, decided: Decided) -> Decisions:
    """Record a decision; whoever records it may not search by it."""
    begin, end = _end_of(decided.covers_from) - timedelta(days=1), _end_of(decided.covers_until)
    given = (decided.decision_id, decided.magistrate, decided.case_number, begin, end, _end_of(decided.valid_until))
    await asked(_desk(parts, person).decide, Decision(*given))
    return Decisions(decisions=[asdict(one) for one in await asked(_desk(parts, person).decisions)])


@router.get("/subscribers")
async def list_subscribers(parts: PartsOf, person: Administrator) -> Subscribers:
    """Programs that are told hits. They are added with `anpr subscribers add`, which shows their secrets once."""
    found = await asked(_desk(parts, person).subscribers)
    return Subscribers(subscribers=[_subscriber(one) for one in found])


@router.get("/retention")
async def retention(parts: PartsOf, person: Administrator) -> dict[str, Any]:
    """What is stored since when: `tables` with the oldest row of each; `report`: what is past its term, where the
    process may ask that; else null, and `anpr store retention` tells."""
    return await asked(_desk(parts, person).retention)


@router.get("/settings")
async def settings(parts: PartsOf, _person: Administrator) -> dict[str, str]:
    """Settings in force. Of a secret only that it is set."""
    return dict(parts.settings)


def _desk(parts: Parts, person: Person) -> Administration:
    return Administration(parts.store, person.officer, parts.clock.now)


def _end_of(day: date) -> datetime:
    if not 2000 <= day.year <= 2098:
        raise ProblemFound(HTTPStatus.UNPROCESSABLE_ENTITY, "give days of 2000 to 2098")
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _officers(found: Sequence[Officer]) -> Officers:
    return Officers(officers=[asdict(one) | {"valid_until": _until(one.valid_until)} for one in found])


def _until(moment: datetime) -> datetime | None:
    return None if moment >= FOREVER else moment


def _subscriber(one: Subscriber) -> dict[str, Any]:
    return asdict(one) | {"valid_until": _until(one.valid_until), "webhook_url": one.webhook_url or None}
