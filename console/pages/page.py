"""A page: its router, who may open it, and its errors as pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from console.pages.menu import MENU, Page
from console.pages.shell import render
from console.problems import ProblemFound
from console.signin.person import Person, PersonOf, having

__all__ = ["PageRoute", "error_page", "page_of", "page_router"]

SIGN_IN = "/sign-in"
WHO = "person_of_page"
"""Name in `request.state` of who is signed in, for the page of an error."""
_KINDS = {HTTPStatus.NOT_FOUND: "not_found", HTTPStatus.FORBIDDEN: "not_for_you"}


class PageRoute(APIRoute):
    """Sends who is not signed in to the sign-in, and shows what is refused as a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, its problems as pages."""
        handler = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                return await handler(request)
            except ProblemFound as problem:
                return _refused(request, problem)

        return shown


def _refused(request: Request, problem: ProblemFound) -> Response:
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return RedirectResponse(f"{SIGN_IN}?next={quote(_address(request), safe='/')}", HTTPStatus.SEE_OTHER)
    return error_page(request, problem.status, getattr(request.state, WHO, None))


def _address(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def error_page(request: Request, status: int, person: Person | None = None) -> HTMLResponse:
    """What is wrong, in the person's language, with a way on. person: None: without a menu."""
    kind = _KINDS.get(HTTPStatus(status), "unwell")
    return render(request, person, "error", status=status, kind=kind)


async def _noted(request: Request, person: PersonOf) -> None:
    setattr(request.state, WHO, person)


def page_router() -> APIRouter:
    """A router of pages for people who are signed in; its errors are pages, with the person's menu."""
    return APIRouter(route_class=PageRoute, default_response_class=HTMLResponse, dependencies=[Depends(_noted)])


def page_of(name: str, *, extra_words: tuple[str, ...] = ()) -> APIRouter:
    """The router of a page of the menu that is the same for everybody: `NAME.html` for the roles the menu gives it."""
    entry = _entry(name)
    router = page_router()
    admitted = Depends(having(*entry.roles))

    @router.get(entry.path)
    async def show(request: Request, person: Person = admitted) -> HTMLResponse:
        return render(request, person, name, extra_words=extra_words)

    return router


def _entry(name: str) -> Page:
    return next(page for page in MENU if page.name == name)
