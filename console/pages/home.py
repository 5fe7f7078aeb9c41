"""`/`: the first page of whoever signs in; what there is no page for, as a page."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from console.pages.menu import MENU
from console.pages.page import error_page, page_router
from console.signin.person import PersonOf

__all__ = ["router", "tell_missing_pages"]

router = page_router()


@router.get("/")
async def home(person: PersonOf) -> RedirectResponse:
    """To the first page of the menu."""
    first = next(page.path for page in MENU if person.has(*page.roles))
    return RedirectResponse(first, HTTPStatus.SEE_OTHER)


def tell_missing_pages(app: FastAPI) -> None:
    """Have a browser that asks for an unknown address shown a page; programs go on being told problems."""
    as_problem = app.exception_handlers[HTTPException]

    @app.exception_handler(HTTPException)
    async def missing(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.NOT_FOUND and _a_person_looks(request):
            return error_page(request, error.status_code)
        told: Response = await as_problem(request, error)  # type: ignore[misc]
        return told


def _a_person_looks(request: Request) -> bool:
    program = request.url.path.startswith(("/api/", "/v1/", "/static/"))
    return request.method == "GET" and not program and "text/html" in request.headers.get("accept", "")
