"""Patrols for the map: where units were a moment ago. No vehicle is looked for, so no search is asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from console.asking import asked, problems
from console.parts import PartsOf
from console.routes.searches import Searcher, json_answer
from console.searching.ground import PatrolList

__all__ = ["router"]

router = APIRouter(prefix="/v1/patrols", tags=["patrols"], responses=problems())


@router.get("", response_model=PatrolList)
async def list_patrols(
    parts: PartsOf,
    _person: Searcher,
    stale: Annotated[bool, Query(description="Also units whose position is older than five minutes.")] = False,
) -> Response:
    """Units on duty and where they were last."""
    return json_answer(await asked(parts.ground.patrols, stale=stale))
