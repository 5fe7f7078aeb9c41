"""The ground of the map: drawn from our own data, nothing is loaded from elsewhere."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from console.asking import asked, problems
from console.parts import PartsOf
from console.signin.person import PersonOf

__all__ = ["router"]

router = APIRouter(prefix="/v1/map", tags=["map"], responses=problems())


@router.get(
    "/base",
    response_class=Response,
    responses={
        200: {"description": "GeoJSON (RFC 7946).", "content": {"application/geo+json": {}}},
        304: {"description": "As before."},
    },
)
async def base(
    parts: PartsOf, _person: PersonOf, if_none_match: Annotated[str | None, Header(max_length=200)] = None
) -> Response:
    """Region, ring, canal, main roads, and which camera vehicles go on to from which, as GeoJSON.

    `kind` of a feature: region, ring, canal, road, place, edge; coordinates were entered by hand, good to some 200 m.
    """
    content = await asked(parts.ground.base)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if if_none_match == tag:
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    return Response(content, media_type="application/geo+json", headers=headers)
