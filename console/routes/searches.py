"""Searches by plate: state why, then look. Every look at passages needs one; all of it is recorded."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, ParamSpec, TypeVar
from uuid import UUID

import msgspec
from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from console.file_answer import EXPORTS, file_answer
from console.parts import PartsOf
from console.problems import Problem, ProblemFound
from console.searching.answers import NextFound, PassagesFound, PatrolsFound, RouteFound, SearchShown
from console.searching.export import Format
from console.searching.room import SEARCHERS, Asked, Wish
from console.signin.person import Person, having
from schemas.search import Purpose, Role
from sinks.clickhouse.plate_search.patterns import Match
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["LATER", "PRIVATE", "Searcher", "answered", "json_answer", "router"]

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 403, 404, 409, 410, 422, 429, 503)
}
router = APIRouter(prefix="/v1/searches", tags=["searches"], responses=PROBLEMS)
LATER = {"Retry-After": "5"}
PRIVATE = {"Cache-Control": "no-store"}
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Searcher = Annotated[Person, Depends(having(*SEARCHERS))]
STATUS = {
    "search_unknown": HTTPStatus.NOT_FOUND,
    "search_expired": HTTPStatus.GONE,
    "kind_closed": HTTPStatus.CONFLICT,
    "search_of_another": HTTPStatus.FORBIDDEN,
    "officer_unknown": HTTPStatus.FORBIDDEN,
    "role_closed": HTTPStatus.FORBIDDEN,
    "zone_closed": HTTPStatus.FORBIDDEN,
    "purpose_closed": HTTPStatus.FORBIDDEN,
    "range_closed": HTTPStatus.FORBIDDEN,
    "decision_missing": HTTPStatus.FORBIDDEN,
}
"""Of a refusal; others are of what was given: 422."""
FIELDS = {
    "role_closed": "role",
    "zone_closed": "police_zone",
    "purpose_closed": "purpose",
    "range_closed": "from",
    "range_empty": "to",
    "range_wrong": "from",
    "decision_missing": "decision_id",
}
"""What was given that a refusal is about, besides those whose code begins with its name."""
_TYPED = re.compile(r"'.*'(?=:? (?:is no plate|may mean|does not say|has no words|looking for|\+ stands))", re.DOTALL)


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
    asked = Asked(**search.model_dump(by_alias=False))
    shown = await answered(parts.searches.open, person.officer, person.zones, asked)
    where = {"Location": f"/api/v1/searches/{shown.search_id}"}
    return json_answer(shown, HTTPStatus.CREATED, where)


@router.get("/{search_id}", response_model=SearchShown)
async def show_search(parts: PartsOf, person: Searcher, search_id: UUID) -> Response:
    """One's own search as it was recorded, also when it has ended: what it looked for, not what it found."""
    return json_answer(await answered(parts.searches.again, person.officer, search_id))


@router.get("/{search_id}/passages", response_model=PassagesFound)
async def passages(parts: PartsOf, person: Searcher, search_id: UUID, wish: WishOf) -> Response:
    """What was found, best first. Nothing is an answer, too."""
    return json_answer(await answered(parts.searches.passages, person.officer, search_id, wish))


@router.get("/{search_id}/route", response_model=RouteFound)
async def route(
    parts: PartsOf,
    person: Searcher,
    search_id: UUID,
    passage_id: Vehicle = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Response:
    """Where one vehicle went: its passages in order, what lies between, and what cannot be."""
    return json_answer(await answered(parts.whereabouts.route, person.officer, search_id, passage_id, limit))


@router.get("/{search_id}/next-cameras", response_model=NextFound)
async def next_cameras(
    parts: PartsOf,
    person: Searcher,
    search_id: UUID,
    passage_id: Vehicle = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> Response:
    """Where one vehicle shows next: cameras, how likely, and when."""
    return json_answer(await answered(parts.whereabouts.next_cameras, person.officer, search_id, passage_id, limit))


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
    return json_answer(
        await answered(parts.whereabouts.patrols, person.officer, search_id, passage_id, camera_id, limit)
    )


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
    made = await answered(parts.searches.export, person.officer, search_id, wish, wanted)
    return file_answer(made, made.media_type)


async def answered(question: Callable[Given, Answer], *given: Given.args, **more: Given.kwargs) -> Answer:
    """The answer, from a thread: it waits for the store. What is refused becomes a problem."""
    with _told():
        return await asyncio.to_thread(question, *given, **more)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SearchRefused as refused:
        status = STATUS.get(refused.code, HTTPStatus.UNPROCESSABLE_ENTITY)
        raise ProblemFound(status, _sentence(refused), code=refused.code, field=_field(refused)) from refused
    except ClickHouseError as error:
        detail = "the store does not answer: ask again"
        raise ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, detail, LATER) from error


def _sentence(refused: SearchRefused) -> str:
    """Without what was typed, which the program repeats and a problem does not; its options under our names."""
    return _TYPED.sub("this", str(refused)).replace("--match ", "match ")


def _field(refused: SearchRefused) -> str | None:
    begin = refused.code.partition("_")[0]
    return FIELDS.get(refused.code) or (begin if begin in {"reason", "pattern"} else None)


def json_answer(answer: Any, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None) -> Response:
    """As JSON, without a model in between: ten thousand passages take a twentieth of the time."""
    content = msgspec.json.encode(answer)
    return Response(content, status, PRIVATE | (headers or {}), "application/json")
