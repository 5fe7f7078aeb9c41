"""The contracts of all messages, as JSON Schemas. Open to everybody: they hold no data."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from console.problems import Problem, ProblemFound
from schemas.export import schema_document
from schemas.registry import CONTRACTS

__all__ = ["router"]

router = APIRouter(prefix="/v1/schemas", tags=["contracts"])


@router.get("")
async def contracts() -> dict[str, int]:
    """Every contract and its current version."""
    return {name: model.version for name, model in CONTRACTS.items()}


@router.get("/{contract}", responses={404: {"model": Problem}})
async def contract(contract: str) -> JSONResponse:
    """The JSON Schema (2020-12) of a contract in its current version."""
    model = CONTRACTS.get(contract)
    if model is None:
        raise ProblemFound(HTTPStatus.NOT_FOUND, f"there is no such contract: one of {', '.join(CONTRACTS)}")
    return JSONResponse(schema_document(model), media_type="application/schema+json")
