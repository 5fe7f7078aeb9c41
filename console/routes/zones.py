"""Low-emission zones: what the law says and why, stored verdicts, notices, what another judgement would change.

Another controller's: whoever looks must be in the zones' own register, and it is recorded in the zones' own audit.
"""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from console.asking import asked, asked_for, problems
from console.jobs import Tell
from console.languages import LanguageOf
from console.parts import PartsOf
from console.plate_writing import with_writing
from console.routes.audit import Progress, progress_of
from console.signin.person import Person, having
from console.zone_desk import NoticesAsked, RejudgeAsked, VerdictAsked
from schemas.lez_notice import Decision, NoticeState
from sinks.clickhouse.lez.queries.counts import By
from sinks.clickhouse.lez.searches import Purpose

__all__ = ["router"]

router = APIRouter(prefix="/v1/zones", tags=["low-emission zones"], responses=problems(504))
Agent = Annotated[Person, Depends(having("lez_agent"))]
Short = Annotated[str, Field(max_length=64)]
Reason = Annotated[str, Field(min_length=8, max_length=1000)]
Days = Annotated[list[Short], Field(max_length=50)]
ZoneName = Annotated[str, Field(min_length=1, max_length=64)]
NoticeId = Annotated[str, Path(pattern="^[0-9a-fA-F-]{6,36}$", description="Its identifier, or 6 first digits of it.")]
REJUDGEMENT = "rejudgement preview"


class Vehicle(BaseModel):
    """A vehicle and a day, as `anpr lez assess` takes them; empty: not said."""

    model_config = ConfigDict(extra="forbid")

    zone: ZoneName
    category: Short = "M1"
    fuel: Short = ""
    euro: Short = ""
    n1_class: Short = ""
    body_code: Short = ""
    at: Short = ""
    """When it passed, on the zone's clocks; empty: now."""
    known_at: Short = ""
    """As the law was known then; empty: now."""
    registered: Short = ""
    country: Short = ""
    passes: Days = []
    exemptions: Days = []
    warned: Days = []
    fined: Days = []
    enrolled: bool = False
    no_record: bool = False
    doubtful: bool = False


class VerdictLook(BaseModel):
    """A stored verdict, and why somebody looks at it."""

    model_config = ConfigDict(extra="forbid")

    verdict_id: UUID
    reason: Reason
    purpose: Purpose = "objection"
    plate: Annotated[str, Field(max_length=16)] = ""
    case_number: Short = ""


class NoticesLook(BaseModel):
    """Notices, and why somebody looks at them."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    states: Annotated[list[NoticeState], Field(min_length=1, max_length=10)] = ["proposed"]
    zone: Short = ""
    days: Annotated[int, Field(ge=1, le=1830)] = 366
    limit: Annotated[int, Field(ge=1, le=10_000)] = 50


class Why(BaseModel):
    """Why somebody looks."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class Decide(BaseModel):
    """What an agent decides of a notice."""

    model_config = ConfigDict(extra="forbid")

    what: Decision
    note: Reason


class Rejudge(BaseModel):
    """Passages of some local days, judged anew as law and rights are known at a moment."""

    model_config = ConfigDict(extra="forbid")

    zone: ZoneName
    first: date
    last: date
    known_at: Annotated[str, Field(min_length=1, max_length=64)]
    reason: Reason


class Preview(BaseModel):
    """What another judgement would change, as `anpr lez rejudge --json` tells it; null: none was asked for."""

    preview: Progress | None


class ZoneList(BaseModel):
    """Zones that there is law for."""

    zones: list[dict[str, str]]


@router.get("")
async def list_zones(parts: PartsOf, _agent: Agent) -> ZoneList:
    """Zones, with their names and clocks."""
    return ZoneList(zones=[dict(one) for one in await asked(parts.zones.names)])


@router.post("/assessment")
async def assess(parts: PartsOf, _agent: Agent, vehicle: Vehicle) -> dict[str, Any]:
    """What the law says of a vehicle and a day, with the article and what follows; `history`: as it was known before.

    No plate, no search: as `anpr lez explain --json`.
    """
    return await asked_for(vehicle, parts.zones.assess, vehicle.model_dump())


@router.post("/verdict")
async def verdict(parts: PartsOf, agent: Agent, look: VerdictLook) -> dict[str, Any]:
    """A stored verdict by the law as it was known then, and each time that it was taken."""
    given = VerdictAsked(look.verdict_id, look.reason, look.purpose, look.plate, look.case_number)
    return _written(await asked_for(look, parts.zones.verdict, agent.officer, given))


@router.post("/notices")
async def notices(parts: PartsOf, agent: Agent, look: NoticesLook) -> dict[str, Any]:
    """Notices in these states, the oldest first: `search_id`, `notices` as their contract has them."""
    given = NoticesAsked(look.reason, look.states, look.zone, look.days, look.limit)
    return _written(await asked_for(look, parts.zones.notices, agent.officer, given))


@router.post("/notices/{name}")
async def notice(parts: PartsOf, agent: Agent, name: NoticeId, why: Why) -> dict[str, Any]:
    """All `states` of one notice, the first one first."""
    return _written(await asked_for(why, parts.zones.notice, agent.officer, name, why.reason))


@router.post("/notices/{name}/decision")
async def decide(parts: PartsOf, agent: Agent, name: NoticeId, decision: Decide) -> dict[str, Any]:
    """Approve or reject a notice: the `notice` as it then stands; null: sent, and not seen in the store yet."""
    done = asked_for(decision, parts.zones.decide, agent.officer, name, decision.what, decision.note)
    return _written(await done)


@router.get("/counts")
async def counts(
    parts: PartsOf,
    agent: Agent,
    zone: Annotated[str, Query(min_length=1, max_length=64)],
    first: Annotated[date, Query(alias="from", description="First local day.")],
    last: Annotated[date, Query(alias="to", description="Last local day.")],
    by: By = "day",
) -> dict[str, Any]:
    """How many passages, how many of them barred, and how many warned or fined. Counts without plates: no search."""
    return await asked(parts.zones.counts, agent.officer, zone, first, last, by)


@router.get("/rejudgement")
async def rejudgement(parts: PartsOf, _agent: Agent, language: LanguageOf) -> Preview:
    """The last preview since the process began, and how far one is that runs; days are its steps."""
    return Preview(preview=progress_of(parts.jobs.last(REJUDGEMENT), language))


@router.post("/rejudgement", status_code=HTTPStatus.ACCEPTED)
async def rejudge(parts: PartsOf, agent: Agent, language: LanguageOf, wanted: Rejudge) -> Preview:
    """Begin to find out what another judgement would change. Nothing is sent; for the zones' administrators."""
    given = RejudgeAsked(wanted.zone, wanted.first, wanted.last, wanted.known_at, wanted.reason)

    def work(tell: Tell) -> dict[str, Any]:
        return parts.zones.rejudge(agent.officer, given, tell)

    return Preview(preview=progress_of(parts.jobs.start(REJUDGEMENT, agent.officer, work), language))


def _written(answer: dict[str, Any]) -> dict[str, Any]:
    """With each plate as people read it."""
    return cast(dict[str, Any], with_writing(answer))
