"""Evidence pictures, marked with whose look it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ParamSpec
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from console.asking import asked, problems
from console.parts import PartsOf
from console.pictures import Kind
from console.routes.searches import PRIVATE, Searcher

__all__ = ["router"]

ANSWERS: dict[int | str, dict[str, Any]] = {
    **problems(404, 409, 410),
    200: {"description": "The picture.", "content": {"image/jpeg": {}}},
}
router = APIRouter(prefix="/v1", tags=["pictures"], responses=ANSWERS)
Given = ParamSpec("Given")
Wanted = Annotated[
    Kind,
    Query(
        description="crop: the plate and a little around it; frame: all of the picture, where it was kept (else 404)."
    ),
]
CaseName = Annotated[str, Path(pattern=r"^[0-9a-fA-F]{6,8}(-[0-9a-fA-F-]{0,27})?$")]


@router.get("/searches/{search_id}/pictures/{passage_id}", response_class=Response)
async def of_search(
    parts: PartsOf, person: Searcher, search_id: UUID, passage_id: UUID, kind: Wanted = "crop"
) -> Response:
    """The picture of a passage that this search has shown. 410: retention has removed it; 404: none was kept."""
    return await _picture(parts.pictures.of_search, person.officer, search_id, passage_id, kind)


@router.get("/investigations/{search_id}/pictures/{passage_id}", response_class=Response)
async def of_investigation(
    parts: PartsOf, person: Searcher, search_id: UUID, passage_id: UUID, kind: Wanted = "crop"
) -> Response:
    """The picture of a passage that an investigator's question has shown beside another one: of anomalies. As above."""
    return await _picture(parts.pictures.of_investigation, person.officer, search_id, passage_id, kind)


@router.get("/cases/{name}/pictures/{fact_id}", response_class=Response)
async def of_case(parts: PartsOf, person: Searcher, name: CaseName, fact_id: UUID, kind: Wanted = "crop") -> Response:
    """The picture of a sighting of the case, by the `fact_id` of its timeline, or of an anomaly by its id."""
    return await _picture(parts.pictures.of_case, person.officer, name, fact_id, kind)


async def _picture(look: Callable[Given, bytes], *given: Given.args, **more: Given.kwargs) -> Response:
    picture = await asked(look, *given, **more)
    return Response(picture, media_type="image/jpeg", headers=PRIVATE)
