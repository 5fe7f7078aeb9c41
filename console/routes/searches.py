"""Searches by plate: state why, then look. Every look at passages needs one; all of it is recorded."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from console.asking import asked, asked_for, problems
from console.file_answer import EXPORTS, file_answer
from console.parts import PartsOf
from console.searching.answers import NextFound, PassagesFound, PatrolsFound, RouteFound, SearchShown
from console.searching.export import Format
from console.searching.room import SEARCHERS, Asked, Wish
from console.signin.person import Person, having
from schemas.search import Purpose, Role
from sinks.clickhouse.plate_search.patterns import Match

__all__ = ["PRIVATE", "Searcher", "json_answer", "router"]

router = APIRouter(prefix="/v1/searches", tags=["searches"], responses=problems(404, 409, 410))
PRIVATE = {"Cache-Control": "no-store"}
Searcher = Annotated[Person, Depends(having(*SEARCHERS))]


class Search(BaseModel):
    """What is looked for, and why."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    pattern: Annotated[str, Field(max_length=2_000)]
    """A plate in full or in part: `?` one unknown character, `*` several, `[B8]` or `B or 8`, `ABC+123`: any order."""
    reason: Annotated[str, Field(max_length=100_000)]
    """Why, in words: what happened."""
    purpose: Purpose
    case_number: Annotated[str, Field(max_length=64)] | None = None
    since: Annotated[AwareDatetime | None, Field(alias="from", description="None: thirty days back.")] = None
    until: Annotated[AwareDatetime | None, Field(alias="to", description="None: now.")] = None
    role: Role | None = None
    """None: officer, else investigator."""
    police_zone: Annotated[str, Field(max_length=64)] | None = None
    """None: that of the role."""
    match: Match = "auto"
    """auto: as the text looks; exact: to the letter; partial: contains it; misread: also what is hardly a misread."""
    decision_id: Annotated[str, Field(max_length=64)] | None = None
    """Magistrate's decision, for what is older than a month."""


def _wish(
    after: Annotated[AwareDatetime | None, Query(description="Only passages from then on.")] = None,
    before: Annotated[AwareDatetime | None, Query(description="Only passages before then.")] = None,
    without: Annotated[
        list[UUID] | None, Query(max_length=200, description="Passages shown before: leave out their plates.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most passages.")] = 100,
) -> Wish:
    return Wish(after, before, tuple(without or ()), limit)


WishOf = Annotated[Wish, Depends(_wish)]
Vehicle = Annotated[
    UUID | None, Query(description="A passage of the vehicle that was shown; none: the search is for one whole plate.")
]


@router.post("", status_code=HTTPStatus.CREATED, response_model=SearchShown)
async def open_search(parts: PartsOf, person: Searcher, search: Search) -> Response:
    """State a purpose and a reason; the identifier that comes back opens the results for a quarter of an hour."""
    stated = Asked(**search.model_dump(by_alias=False))
    shown = await asked_for(search, parts.searches.open, person.officer, person.zones, stated)
    where = {"Location": f"/api/v1/searches/{shown.search_id}"}
    return json_answer(shown, HTTPStatus.CREATED, where)


@router.get("/{search_id}", response_model=SearchShown)
async def show_search(parts: PartsOf, person: Searcher, search_id: UUID) -> Response:
    """One's own search as it was recorded, also when it has ended: what it looked for, not what it found."""
    return json_answer(await asked(parts.searches.again, person.officer, search_id))


@router.get("/{search_id}/passages", response_model=PassagesFound)
async def passages(parts: PartsOf, person: Searcher, search_id: UUID, wish: WishOf) -> Response:
    """What was found, best first. Nothing is an answer, too."""
    return json_answer(await asked(parts.searches.passages, person.officer, search_id, wish))


@router.get("/{search_id}/route", response_model=RouteFound)
async def route(
    parts: PartsOf,
    person: Searcher,
    search_id: UUID,
    passage_id: Vehicle = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Response:
    """Where one vehicle went: its passages in order, what lies between, and what cannot be."""
    return json_answer(await asked(parts.whereabouts.route, person.officer, search_id, passage_id, limit))


@router.get("/{search_id}/next-cameras", response_model=NextFound)
async def next_cameras(
    parts: PartsOf,
    person: Searcher,
    search_id: UUID,
    passage_id: Vehicle = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> Response:
    """Where one vehicle shows next: cameras, how likely, and when."""
    return json_answer(await asked(parts.whereabouts.next_cameras, person.officer, search_id, passage_id, limit))


@router.get("/{search_id}/patrols", response_model=PatrolsFound)
async def patrols(
    parts: PartsOf,
    person: Searcher,
    search_id: UUID,
    passage_id: Vehicle = None,
    camera_id: Annotated[
        str | None, Query(max_length=64, description="Near this one; none: near where it was last.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 5,
) -> Response:
    """Free units nearest to where one vehicle was last, or to a camera where it may show next."""
    return json_answer(await asked(parts.whereabouts.patrols, person.officer, search_id, passage_id, camera_id, limit))


@router.get(
    "/{search_id}/export",
    response_class=Response,
    responses=EXPORTS,
)
async def export(
    parts: PartsOf,
    person: Searcher,
    search_id: UUID,
    wish: WishOf,
    wanted: Annotated[Format, Query(alias="format", description="csv, geojson or pdf.")],
) -> Response:
    """What was found as a file with its audit number; that it left, and its SHA-256, is recorded first."""
    made = await asked(parts.searches.export, person.officer, search_id, wish, wanted)
    return file_answer(made, made.media_type)


def json_answer(answer: Any, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None) -> Response:
    """As JSON, without a model in between: ten thousand passages take a twentieth of the time."""
    content = msgspec.json.encode(answer)
    return Response(content, status, PRIVATE | (headers or {}), "application/json")
