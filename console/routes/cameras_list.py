"""Cameras for the map: where they hang and how they are. No passages, so no search is asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from console.asking import asked, problems
from console.parts import PartsOf
from console.routes.searches import json_answer
from console.searching.ground import CameraList
from console.signin.person import Person, having

__all__ = ["router"]

router = APIRouter(prefix="/v1/cameras", tags=["cameras"], responses=problems())
Viewer = Annotated[Person, Depends(having("officer", "investigator", "hotlist_manager", "auditor", "administrator"))]


@router.get("", response_model=CameraList)
async def list_cameras(parts: PartsOf, _person: Viewer) -> Response:
    """All registered ones, by identifier, with how they were told to be last."""
    return json_answer(await asked(parts.ground.cameras))
