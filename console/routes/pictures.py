"""Evidence pictures, marked with whose look it is."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal, ParamSpec
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from console.case_desk import CaseRefused, CaseUnknown
from console.parts import PartsOf
from console.pictures import NoPicture, PictureGone
from console.problems import Problem, ProblemFound
from console.routes.searches import LATER, PRIVATE, Searcher, answered
from sinks.clickhouse.officers import OfficerRefused
from sinks.evidence import EvidenceUnusable

__all__ = ["router"]

PROBLEMS: dict[int | str, dict[str, Any]] = {
    **{status: {"model": Problem} for status in (401, 403, 404, 409, 410, 422, 429, 503)},
    200: {"description": "The picture.", "content": {"image/jpeg": {}}},
}
router = APIRouter(prefix="/v1", tags=["pictures"], responses=PROBLEMS)
Given = ParamSpec("Given")
Kind = Annotated[Literal["crop", "frame"], Query(description="crop: the plate and a little around it.")]
CaseName = Annotated[str, Path(pattern=r"^[0-9a-fA-F]{6,8}(-[0-9a-fA-F-]{0,27})?$")]


@router.get("/searches/{search_id}/pictures/{passage_id}", response_class=Response)
async def of_search(
    parts: PartsOf, person: Searcher, search_id: UUID, passage_id: UUID, kind: Kind = "crop"
) -> Response:
    """The picture of a passage that this search has shown. 410: retention has removed it; 404: none was kept."""
    _check_kept(kind)
    return await _picture(parts.pictures.of_search, person.officer, search_id, passage_id)


@router.get("/cases/{name}/pictures/{fact_id}", response_class=Response)
async def of_case(parts: PartsOf, person: Searcher, name: CaseName, fact_id: UUID, kind: Kind = "crop") -> Response:
    """The picture of a sighting of the case, by the `fact_id` of its timeline, or of an anomaly by its id."""
    _check_kept(kind)
    return await _picture(parts.pictures.of_case, person.officer, name, fact_id)


def _check_kept(kind: str) -> None:
    if kind == "frame":
        raise ProblemFound(HTTPStatus.NOT_FOUND, "frames are not kept, only the plate with a margin: ask for the crop")


async def _picture(look: Callable[Given, bytes], *given: Given.args, **more: Given.kwargs) -> Response:
    try:
        picture = await answered(look, *given, **more)
    except PictureGone as gone:
        raise ProblemFound(HTTPStatus.GONE, str(gone), code="picture_removed") from gone
    except NoPicture as none:
        raise ProblemFound(HTTPStatus.NOT_FOUND, str(none), code="picture_none") from none
    except CaseUnknown as unknown:
        raise ProblemFound(HTTPStatus.NOT_FOUND, "there is no such case") from unknown
    except CaseRefused as refused:
        raise ProblemFound(HTTPStatus.CONFLICT, str(refused)) from refused
    except OfficerRefused as refused:
        raise ProblemFound(HTTPStatus.FORBIDDEN, str(refused)) from refused
    except EvidenceUnusable as error:
        detail = "the store of pictures does not answer: ask again"
        raise ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, detail, LATER) from error
    return Response(picture, media_type="image/jpeg", headers=PRIVATE)
