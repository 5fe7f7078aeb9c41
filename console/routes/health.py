"""Whether this process can do its work."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from console.parts import PartsOf

__all__ = ["router"]

router = APIRouter(tags=["operation"])


@router.get("/health")
async def health(parts: PartsOf) -> JSONResponse:
    """Open to everybody; holds no names. 503 while the reader of hits shows no life."""
    report: dict[str, Any] = {
        **parts.health(),
        "streams": parts.streams.total(),
        "store_away": parts.door.store_away,
    }
    return JSONResponse(report, HTTPStatus.OK if report["alive"] else HTTPStatus.SERVICE_UNAVAILABLE)
