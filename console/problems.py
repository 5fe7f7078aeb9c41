"""Errors as every route tells them: problem details, RFC 9457. They never repeat what was asked: it may be a plate."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from console.details import detail_in
from console.languages import language_of

__all__ = ["LATER", "UNFORESEEN", "Problem", "ProblemFound", "tell_problems"]

MEDIA_TYPE = "application/problem+json"
UNFORESEEN = "this was not foreseen; the log of the platform tells more"
LATER = {"Retry-After": "5"}
"""Of what does not answer now."""


class Problem(BaseModel):
    """What is wrong."""

    type: str = "about:blank"
    title: str
    """The status in words."""
    status: int
    detail: str
    """One sentence for a person, in English; in French or Dutch where `Accept-Language` or the console asks for it."""
    code: str | None = None
    """Which of several reasons, for programs; absent where the status says it all."""
    field: str | None = None
    """Which of what was given is at fault; absent where it is not one of them."""


class ProblemFound(Exception):
    """Ends a request with this problem."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        headers: Mapping[str, str] | None = None,
        *,
        code: str | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers
        self.code, self.field = code, field


def tell_problems(app: FastAPI) -> None:
    """Have every error of the application told as a problem."""

    @app.exception_handler(ProblemFound)
    async def found(request: Request, error: ProblemFound) -> JSONResponse:
        return _answer(request, error.status, error.detail, error.headers, code=error.code, field=error.field)

    @app.exception_handler(HTTPException)
    async def known(request: Request, error: HTTPException) -> JSONResponse:
        return _answer(request, error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def asked_wrongly(request: Request, error: RequestValidationError) -> JSONResponse:
        detail, field = _fault_of(error.errors()[0])
        return _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, code="field_wrong", field=field)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, _error: Exception) -> JSONResponse:
        return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, UNFORESEEN)


def _fault_of(fault: Mapping[str, Any]) -> tuple[str, str | None]:
    """What is wrong and in which field, without anything that was given: neither values nor names that are not ours."""
    where, told = [str(part) for part in fault["loc"]], fault["msg"]
    if fault["type"] == "extra_forbidden":
        return f"{'.'.join(where[:-1])}: a field is given that is not known", None
    if fault["type"] == "uuid_parsing":  # its message quotes a part
        told = "Input should be a valid UUID"
    return f"{'.'.join(where)}: {told}", where[-1] if where else None


def _answer(
    request: Request,
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    code: str | None = None,
    field: str | None = None,
) -> JSONResponse:
    detail = detail_in(detail, language_of(request))
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, code=code, field=field)
    return JSONResponse(problem.model_dump(exclude_none=True), status, dict(headers or {}), MEDIA_TYPE)
