"""Cases, for officers' programs: what waits for somebody, and what officers do to it. All of it is recorded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from console.accounts import Watcher
from console.asking import asked, problems
from console.case_papers import CasePapers
from console.event_stream import EventStream
from console.file_answer import file_answer
from console.handover import Language
from console.interception import Ahead, Intercept, InTime, Reaches
from console.opening import STREAM_ANSWERS, Begin, begin_of, onlooker, open_stream
from console.parts import Parts, PartsOf
from console.plate_writing import with_writing
from console.sight import CasesTold
from console.signin.person import Person, PersonOf, having
from schemas.case import Case, CaseState
from schemas.case_input import ActionKind, PictureSaid
from schemas.codec import encode
from schemas.hotlist import ListKind
from sinks.clickhouse.queries.case_sight import sight_of
from sinks.clickhouse.queries.cases import OPEN

__all__ = ["router"]

router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=problems(404, 409, 504))
CaseName = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-fA-F]{6,8}(-[0-9a-fA-F-]{0,27})?$",
        description="Its identifier, or 6 first digits of it. No plate.",
    ),
]


class CaseList(BaseModel):
    """Cases, the most urgent first."""

    cases: list[dict[str, Any]]
    """Each as its contract has it, `/v1/schemas/case`, and its plates as people read them (`plate_display`)."""


class CaseShown(BaseModel):
    """One case."""

    case: dict[str, Any]
    """As its contract has it, `/v1/schemas/case`, and its plates as people read them (`plate_display`)."""
    camera_names: dict[str, str] = Field(default_factory=dict)
    """By camera."""


class Act(BaseModel):
    """Something that an officer does to a case."""

    model_config = ConfigDict(extra="forbid")

    what: ActionKind
    to: Annotated[str, Field(max_length=64)] | None = None
    """Of `assign`: the officer or patrol."""
    text: Annotated[str, Field(max_length=1000)] = ""
    """A remark; of `note` it is needed."""
    picture: PictureSaid | None = None
    """`compared`: you compared the picture with the plate; `none`: there is none to compare."""
    picture_of: UUID | None = None
    """`fact_id` of the sighting whose picture you looked at; null: the newest. An older one is not taken for it."""


class HandoverText(BaseModel):
    """What is read on the radio when a case is handed over."""

    case_id: str
    language: Language
    sentences: list[str]
    """In the order in which they are read: danger and instruction first."""


class Place(BaseModel):
    """WGS 84."""

    latitude: float
    longitude: float


class PatrolReaches(BaseModel):
    """A free patrol on its way to a place."""

    patrol_id: str
    position: Place
    position_age_s: float
    distance_m: float
    drive_s: float
    """Estimated, by road."""
    there_at: datetime
    in_time: InTime
    """yes: a minute before the vehicle most likely is; perhaps: before nine in ten would be; no."""


class CameraAhead(BaseModel):
    """Where the vehicle may show next, and who can be there."""

    camera_id: str
    name: str
    position: Place
    probability: float
    earliest: datetime
    expected: datetime
    latest: datetime
    overdue: bool
    """Nine in ten of those who go there would have been seen there by now."""
    patrols: list[PatrolReaches]
    """The soonest there first."""


class InterceptShown(BaseModel):
    """What can be proposed: people decide."""

    asked_at: datetime
    ahead: list[CameraAhead]
    """The likeliest first."""
    proposed_camera_id: str | None
    proposed_patrol_id: str | None
    why_none: Literal["", "not_seen", "old", "over", "unknown", "nobody"]
    """Why nothing is proposed; empty: something is."""
    observations: int
    """Vehicles that the forecast rests on: few, and it is a hint."""


Watches = Annotated[Person, Depends(having("officer", "investigator"))]


@router.get("")
async def list_cases(
    parts: PartsOf,
    person: PersonOf,
    state: Annotated[list[CaseState] | None, Query(description="None: those that are open.")] = None,
    kind: Annotated[list[ListKind] | None, Query(description="None: all.")] = None,
    days: Annotated[int, Query(ge=1, le=365)] = 30,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CaseList:
    """Cases that wait for somebody, the most urgent first."""
    states = tuple(state or OPEN)
    found = await asked(parts.cases.list_cases, person.officer, states=states, kinds=kind or (), days=days, limit=limit)
    return CaseList(cases=list(map(_content, found)))


@router.get("/stream", status_code=HTTPStatus.OK, response_class=EventStream, responses=STREAM_ANSWERS)
async def stream(
    request: Request,
    parts: PartsOf,
    person: Watches,
    begin: Annotated[Begin, Query(alias="from", description="Without Last-Event-ID.")] = "now",
    last_event_id: Annotated[str | None, Header(description="Go on behind this event.")] = None,
) -> EventStream:
    """Cases as they change, without end: `case`, as its contract has it with its newest ten hits and events.

    One event a change, whatever it came from, so no flood. Which cases were told is recorded in the audit. Who is
    registered for a police zone is told its cases, and urgent ones wherever.
    """
    places, audience = begin_of(parts.news, begin, last_event_id), onlooker(parts, request, person)
    who, resumed = Watcher(person.officer, "cases"), last_event_id is not None
    takes = CasesTold(sight_of(person.officer, person.zones), parts.cameras.zones).takes
    return await open_stream(parts, parts.news, who, audience, takes, places, resumed=resumed)


@router.get("/{name}")
async def show(parts: PartsOf, person: PersonOf, name: CaseName) -> CaseShown:
    """A case with its story, where the vehicle was last, where it may show next, and who is near."""
    found = await asked(parts.cases.show, person.officer, name)
    return CaseShown(case=_content(found.case), camera_names=found.camera_names)


@router.post("/{name}/actions")
async def act(parts: PartsOf, person: PersonOf, name: CaseName, done: Act) -> CaseShown:
    """Acknowledge, assign, pursue, close, call false, reopen, remark. Answers when it is done, with the case.

    While no reading of the case is sure and nobody has said what its newest picture shows, taking it, and ending it
    before anybody took it, needs `picture`; without it the answer is 409, `picture_not_compared`.
    """
    act = parts.cases.act
    case = await asked(act, person.officer, name, done.what, **done.model_dump(exclude={"what"}))
    return CaseShown(case=_content(case))


@router.get("/{name}/handover")
async def hand_over(
    parts: PartsOf, person: PersonOf, name: CaseName, language: Annotated[Language, Query()] = "en"
) -> HandoverText:
    """What to read on the radio: danger first, the plate spelled, where it was last and where it may be next."""
    case, sentences = await asked(_papers(parts).handover, person.officer, name, language)
    return HandoverText(case_id=str(case.case_id), language=language, sentences=sentences)


@router.get("/{name}/intercept")
async def propose(parts: PartsOf, person: PersonOf, name: CaseName) -> InterceptShown:
    """Cameras where the vehicle may show next, the patrols that can be there, and a proposal."""
    return _intercept(await asked(_papers(parts).intercept, person.officer, name))


@router.get(
    "/{name}/report.pdf",
    response_class=Response,
    responses={200: {"description": "The report.", "content": {"application/pdf": {}}}},
)
async def report(parts: PartsOf, person: PersonOf, name: CaseName) -> Response:
    """The case on paper: facts, way, story, who did what, audit number. That it left is recorded, with its SHA-256."""
    made = await asked(_papers(parts).report, person.officer, name)
    return file_answer(made, "application/pdf")


def _papers(parts: Parts) -> CasePapers:
    return CasePapers(parts.store, parts.cases, parts.clock.now)


def _intercept(found: Intercept) -> InterceptShown:
    camera, reach = found.proposed or (None, None)
    return InterceptShown(
        asked_at=found.asked_at,
        ahead=list(map(_ahead, found.ahead)),
        proposed_camera_id=camera.camera_id if camera else None,
        proposed_patrol_id=reach.patrol.patrol_id if reach else None,
        why_none=found.why_none,
        observations=found.observations,
    )


def _ahead(one: Ahead) -> CameraAhead:
    place = Place(latitude=one.position.lat, longitude=one.position.lon)
    plain = {name: getattr(one, name) for name in ("camera_id", "name", "probability", "overdue")}
    times = {name: getattr(one, name) for name in ("earliest", "expected", "latest")}
    return CameraAhead(**plain, **times, position=place, patrols=_reaches(one.patrols))


def _reaches(found: Sequence[Reaches]) -> list[PatrolReaches]:
    return [
        PatrolReaches(
            patrol_id=one.patrol.patrol_id,
            position=Place(latitude=one.patrol.lat, longitude=one.patrol.lon),
            position_age_s=one.patrol.age_s,
            distance_m=one.patrol.distance_m,
            drive_s=one.patrol.drive_s,
            there_at=one.there_at,
            in_time=one.in_time,
        )
        for one in found
    ]


def _content(case: Case) -> Any:
    return with_writing(json.loads(encode(case)))
