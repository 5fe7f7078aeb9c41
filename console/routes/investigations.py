"""Questions of investigators: state why and ask in one call, ask again while the search is open, take it as a file."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from console.asking import asked, asked_for, problems
from console.file_answer import EXPORTS, file_answer
from console.investigating.asked import Anomalies, Companions, Compared, Question, SceneAsked, Scenes, What, Where
from console.investigating.room import ASKERS, Opened, Stated
from console.parts import PartsOf
from console.plate_writing import with_writing
from console.searching.export import Format
from console.signin.person import Person, having
from pipeline.geo import Point
from schemas.search import Purpose, Role
from sinks.clickhouse.queries.place import Wanted

__all__ = ["router"]

router = APIRouter(prefix="/v1/investigations", tags=["investigations"], responses=problems(404, 409, 410))
Asker = Annotated[Person, Depends(having(*ASKERS))]
Short = Annotated[str, Field(max_length=64)]
Plate = Annotated[str, Field(min_length=1, max_length=64)]


class Why(BaseModel):
    """What is stated before anything is shown."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    reason: Annotated[str, Field(max_length=100_000)]
    """In words: what happened."""
    purpose: Purpose
    case_number: Short | None = None
    role: Role | None = None
    """Null: investigator, else officer."""
    police_zone: Short | None = None
    """Null: that of the role."""
    decision_id: Short | None = None
    """Magistrate's decision, for what is older than a month."""

    def stated(self) -> Stated:
        """As the service takes it."""
        return Stated(self.reason, self.purpose, self.case_number, self.role, self.police_zone, self.decision_id)


class Spot(BaseModel):
    """WGS 84, degrees."""

    model_config = ConfigDict(extra="forbid")

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Area(BaseModel):
    """Some cameras, said in one way: by name, inside a polygon, around a centre, or of a police zone."""

    model_config = ConfigDict(extra="forbid")

    cameras: Annotated[list[Short], Field(max_length=10_000)] = []
    polygon: Annotated[list[Spot], Field(max_length=1_000)] = []
    centre: Spot | None = None
    radius_m: Annotated[float, Field(ge=0, le=100_000)] = 500.0
    police_zone: Short = ""

    def where(self) -> Where:
        """As the service takes it."""
        corners = tuple(Point(one.latitude, one.longitude) for one in self.polygon)
        centre = Point(self.centre.latitude, self.centre.longitude) if self.centre else None
        return Where(tuple(self.cameras), corners, centre, self.radius_m, self.police_zone)


class TimesAsked(Why):
    """With a time."""

    since: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until: Annotated[AwareDatetime | None, Field(alias="to")] = None


class Scene(BaseModel):
    """Some cameras for some time."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    area: Area
    since: Annotated[AwareDatetime, Field(alias="from")]
    until: Annotated[AwareDatetime, Field(alias="to")]


class ScenesAsked(Why):
    """Who was at several scenes."""

    scenes: Annotated[list[Scene], Field(min_length=2, max_length=16)]
    in_order: bool = False
    """First at the first, then at the second, …"""
    least: Annotated[int, Field(ge=2, le=16)] | None = None
    """Seen at so many of them; null: all."""
    plate: Plate = "*"
    """Only plates like this: part of one, `?` and `*`."""
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100


class CompanionsAsked(TimesAsked):
    """Who travels with a vehicle; the last week, unless said."""

    plate: Plate
    """In full."""
    within_s: Annotated[int, Field(ge=1, le=90)] = 60
    """So many seconds apart count as together."""
    least: Annotated[int, Field(ge=2, le=1000)] = 3
    """Passages shared, at least."""
    everybody: bool = False
    """Also those whom chance explains."""
    limit: Annotated[int, Field(ge=1, le=10_000)] = 50


class PlaceAsked(TimesAsked):
    """What passed the cameras of an area; the last hour, unless said."""

    area: Area
    plate: Plate = "*"
    countries: Annotated[list[Short], Field(max_length=50)] = []
    vehicle_classes: Annotated[list[Short], Field(max_length=50)] = []
    directions: Annotated[list[Short], Field(max_length=2)] = []
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000


class CompareAsked(TimesAsked):
    """The ways of two vehicles; the last day, unless said."""

    plates: Annotated[list[Plate], Field(min_length=2, max_length=2)]
    limit: Annotated[int, Field(ge=1, le=10_000)] = 2000


class AnomaliesAsked(TimesAsked):
    """Plates on two vehicles, and cameras whose clock is wrong; the last week, unless said."""

    area: Area = Area()
    """Nothing said: all cameras."""
    kinds: Annotated[list[Short], Field(max_length=20)] = []
    plate: Plate = "*"
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100


class Found(BaseModel):
    """The answer, and the search that opened it: its identifier is the audit number."""

    search_id: UUID
    question: str
    expires_at: AwareDatetime
    captured_from: AwareDatetime
    captured_until: AwareDatetime
    count: int
    """Rows of the answer, as they are recorded."""
    answer: dict[str, Any]
    """As `anpr investigate … --json` tells it, each plate also as people read it."""


@router.post("/scenes", status_code=HTTPStatus.CREATED)
async def scenes(parts: PartsOf, person: Asker, given: ScenesAsked) -> Found:
    """Which vehicles were at several scenes, the rarest first."""
    each = tuple(SceneAsked(one.area.where(), one.since, one.until) for one in given.scenes)
    return await _open(parts, person, given, Scenes(each, given.in_order, given.least, given.plate, given.limit))


@router.post("/companions", status_code=HTTPStatus.CREATED)
async def companions(parts: PartsOf, person: Asker, given: CompanionsAsked) -> Found:
    """Who travels with a vehicle, weighed against chance."""
    ask = (given.plate, given.within_s, given.least, given.everybody, given.limit)
    return await _open(parts, person, given, Companions(given.since, given.until, *ask))


@router.post("/place", status_code=HTTPStatus.CREATED)
async def place(parts: PartsOf, person: Asker, given: PlaceAsked) -> Found:
    """Everything that passed the cameras of an area, newest first."""
    countries = tuple(one.upper() for one in given.countries)
    wanted = Wanted(countries, tuple(given.vehicle_classes), tuple(given.directions))
    asking = What(given.since, given.until, given.area.where(), given.plate, wanted, given.limit)
    return await _open(parts, person, given, asking)


@router.post("/compare", status_code=HTTPStatus.CREATED)
async def compare(parts: PartsOf, person: Asker, given: CompareAsked) -> Found:
    """Two vehicles: both ways, and the cameras that both passed with the times that are nearest."""
    both = (given.plates[0], given.plates[1])
    return await _open(parts, person, given, Compared(given.since, given.until, both, given.limit))


@router.post("/anomalies", status_code=HTTPStatus.CREATED)
async def anomalies(parts: PartsOf, person: Asker, given: AnomaliesAsked) -> Found:
    """Plates on two vehicles, and cameras whose clock is wrong, newest first."""
    ask = (given.area.where(), tuple(given.kinds), given.plate, given.limit)
    return await _open(parts, person, given, Anomalies(given.since, given.until, *ask))


@router.get("/{search_id}")
async def again(parts: PartsOf, person: Asker, search_id: UUID) -> Found:
    """The same question once more, while its search is open; recorded again."""
    return _found(await asked(parts.investigations.again, person.officer, search_id))


@router.get(
    "/{search_id}/export",
    response_class=Response,
    responses=EXPORTS,
)
async def export(
    parts: PartsOf,
    person: Asker,
    search_id: UUID,
    wanted: Annotated[Format, Query(alias="format", description="csv, geojson or pdf.")],
) -> Response:
    """The answer as a file with its audit number; that it left, and its SHA-256, is recorded first."""
    made = await asked(parts.investigations.export, person.officer, search_id, wanted)
    return file_answer(made, made.media_type)


async def _open(parts: PartsOf, person: Person, given: Why, question: Question) -> Found:
    opening = (person.officer, person.zones, given.stated(), question)
    return _found(await asked_for(given, parts.investigations.open, *opening))


def _found(opened: Opened) -> Found:
    record = opened.record
    return Found(
        search_id=record.search_id,
        question=opened.question.name,
        expires_at=record.expires_at,
        captured_from=record.captured_from,
        captured_until=record.captured_until,
        count=opened.answer.shown,
        answer=with_writing(json.loads(msgspec.json.encode(opened.answer.content))),
    )
