"""How cameras are: now, hour by hour, and what was wrong. No plates; nobody is searched."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel

from console.asking import asked, problems
from console.parts import PartsOf
from console.problems import ProblemFound
from console.signin.person import Person, having
from sinks.clickhouse.queries.camera_health import camera_hours, camera_troubles, cameras_now

__all__ = ["router"]

router = APIRouter(prefix="/v1/camera-health", tags=["camera health"], responses=problems(404))
Looks = Annotated[Person, Depends(having("officer", "investigator", "hotlist_manager", "auditor", "administrator"))]
CameraId = Annotated[str, Path(max_length=64)]


class Healths(BaseModel):
    """Cameras as they were told last, those with a trouble first; fields as in `anpr cameras list --json`."""

    cameras: list[dict[str, Any]]


class Health(BaseModel):
    """One camera: how it is, its hours against their usual, and what was wrong."""

    camera: dict[str, Any]
    hours: list[dict[str, Any]]
    """Oldest first."""
    troubles: list[dict[str, Any]]
    """Newest first; `ended_at` null: it is not over."""


class Troubles(BaseModel):
    """What is or was wrong, the newest first; `camera_id` empty: with a whole zone, or with all."""

    troubles: list[dict[str, Any]]


@router.get("")
async def list_health(
    parts: PartsOf,
    _person: Looks,
    zone: Annotated[str, Query(max_length=64, description="Police zone; empty: all.")] = "",
    ill: Annotated[bool, Query(description="Only those with a trouble.")] = False,
) -> Healths:
    """All cameras, those with a trouble first, then those that were silent for longest."""
    found = await asked(cameras_now, parts.store.police, zone.strip())
    return Healths(cameras=[asdict(one) for one in found if one.troubles or not ill])


@router.get("/troubles")
async def list_troubles(
    parts: PartsOf,
    _person: Looks,
    days: Annotated[int, Query(ge=1, le=1100)] = 7,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Troubles:
    """What was wrong with cameras in so many days, or still is."""
    found = await asked(camera_troubles, parts.store.police, _since(parts.clock.now(), days), "", limit)
    return Troubles(troubles=[asdict(one) for one in found])


@router.get("/{camera_id}")
async def show(
    parts: PartsOf, _person: Looks, camera_id: CameraId, days: Annotated[int, Query(ge=1, le=1100)] = 2
) -> Health:
    """One camera."""
    client, since = parts.store.police, _since(parts.clock.now(), days)
    found = next((one for one in await asked(cameras_now, client) if one.camera_id == camera_id), None)
    if found is None:
        raise ProblemFound(HTTPStatus.NOT_FOUND, "there is no such camera")
    hours = await asked(camera_hours, client, camera_id, since)
    troubles = await asked(camera_troubles, client, since, camera_id)
    return Health(
        camera=asdict(found), hours=[asdict(one) for one in hours], troubles=[asdict(one) for one in troubles]
    )


def _since(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)
