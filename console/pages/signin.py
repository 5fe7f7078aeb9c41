"""The page to sign in, by password or at the organisation's provider. It works without scripts."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.asking import told
from console.headers import is_secure, own_origin
from console.pages.shell import render
from console.parts import Parts, PartsOf
from console.problems import ProblemFound
from console.routes.session import keep
from console.signin.address import address_of
from console.signin.cookies import CSRF_COOKIE, journey_of, keep_journey, local_path, session_key
from console.signin.journeys import LASTS, Journey, JourneyRefused
from console.signin.person import check_origin, session_of
from console.signin.provider import ProviderAway, ProviderRefused

__all__ = ["router"]

LOGGER = logging.getLogger(__name__)
FAULTS = {
    "wrong": HTTPStatus.UNAUTHORIZED,
    "later": HTTPStatus.TOO_MANY_REQUESTS,
    "unregistered": HTTPStatus.FORBIDDEN,
    "away": HTTPStatus.SERVICE_UNAVAILABLE,
    "provider_away": HTTPStatus.SERVICE_UNAVAILABLE,
    "provider_refused": HTTPStatus.UNAUTHORIZED,
    "again": HTTPStatus.FORBIDDEN,
}
"""Why nobody was signed in → the answer's status; each has its words."""
router = APIRouter(prefix="/sign-in", default_response_class=HTMLResponse)
Target = Annotated[str, Query(alias="next", description="Where to go on, on this site.")]


@router.get("")
async def page(request: Request, parts: PartsOf, target: Target = "/") -> Response:
    """The form; who is signed in already goes on."""
    held = await session_of(request, parts)
    if held is not None and not held[1].locked:
        return RedirectResponse(local_path(target), HTTPStatus.SEE_OTHER)
    return await _page(request, parts, target, officer=held[1].officer if held else "", locked=held is not None)


@router.post("")
async def enter(
    request: Request,
    parts: PartsOf,
    officer: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    code: Annotated[str, Form(max_length=16)] = "",
    csrf: Annotated[str, Form(max_length=128)] = "",
    target: Annotated[str, Form(alias="next", max_length=4096)] = "/",
) -> Response:
    """Sign in by password, and go on where it was wished; else the form again, with what is wrong."""
    try:
        _check_form(request, csrf)
        if parts.signin.provider is not None:
            raise ProblemFound(HTTPStatus.CONFLICT, "people sign in at their organisation here", code="again")
        with told():
            entered = await asyncio.to_thread(
                parts.signin.enter,
                officer.strip(),
                password,
                code,
                address_of(request),
                replaces=session_key(request),
            )
    except ProblemFound as problem:
        wait = (problem.headers or {}).get("Retry-After", "")
        return await _page(request, parts, target, officer=officer, fault=_fault_of(problem), wait=wait)
    answer = RedirectResponse(local_path(target), HTTPStatus.SEE_OTHER)
    keep(request, answer, parts, entered)
    return answer


@router.get("/begin")
async def begin(request: Request, parts: PartsOf, target: Target = "/") -> Response:
    """Leave for the organisation's provider."""
    if parts.signin.provider is None:
        return RedirectResponse(f"/sign-in?{urlencode({'next': local_path(target)})}", HTTPStatus.SEE_OTHER)
    held = await session_of(request, parts)
    try:
        journey, place = await asyncio.to_thread(_leave, parts, _back(request), target, again=held is not None)
    except (ProviderAway, JourneyRefused) as error:
        LOGGER.warning("nobody can sign in: %s", error)
        return await _page(request, parts, target, fault="provider_away")
    answer = RedirectResponse(place, HTTPStatus.SEE_OTHER)
    keep_journey(request, answer, journey.binding, LASTS)
    return answer


def _leave(parts: Parts, back: str, target: str, *, again: bool) -> tuple[Journey, str]:
    """again: somebody was signed in here, and shows that it is still the same person."""
    provider = parts.signin.provider
    assert provider is not None
    journey = parts.signin.journeys.leave(local_path(target))
    place = provider.address(
        back=back, state=journey.state, nonce=journey.nonce, verifier=journey.verifier, again=again
    )
    return journey, place


@router.get("/back")
async def come_back(
    request: Request,
    parts: PartsOf,
    state: Annotated[str, Query(max_length=512)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
) -> Response:
    """From the provider, with a code that says who it was."""
    try:
        journey = await asyncio.to_thread(parts.signin.journeys.come_back, state, journey_of(request))
        officer = await asyncio.to_thread(_named, parts, _back(request), journey, code)
        with told():
            entered = await asyncio.to_thread(
                parts.signin.enter_as, officer, address_of(request), replaces=session_key(request)
            )
    except (JourneyRefused, ProviderRefused, ProviderAway) as refused:
        LOGGER.warning("a sign-in at the provider was refused: %s", refused)
        fault = "provider_away" if isinstance(refused, ProviderAway) else "provider_refused"
        return await _page(request, parts, "/", fault=fault)
    except ProblemFound as problem:
        return await _page(request, parts, "/", fault=_fault_of(problem))
    answer = RedirectResponse(journey.target, HTTPStatus.SEE_OTHER)
    keep(request, answer, parts, entered)
    return answer


def _fault_of(problem: ProblemFound) -> str:
    """One of `FAULTS`."""
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return "away"
    return problem.code if problem.code in FAULTS else "again"


def _named(parts: Parts, back: str, journey: Journey, code: str) -> str:
    provider = parts.signin.provider
    if provider is None or not code:
        raise ProviderRefused("the provider did not confirm this sign-in")
    return provider.officer(code=code, back=back, nonce=journey.nonce, verifier=journey.verifier)


@router.get("/done")
async def done(request: Request) -> HTMLResponse:
    """Of a second window, in which somebody signed in again: it tells the first one, and closes."""
    return render(request, None, "signin", **_context(done=True))


async def _page(
    request: Request,
    parts: Parts,
    target: str,
    *,
    officer: str = "",
    locked: bool = False,
    fault: str = "",
    wait: str = "",
) -> HTMLResponse:
    """fault: of `FAULTS`."""
    csrf = request.cookies.get(CSRF_COOKIE) or secrets.token_urlsafe(32)
    content = _context(
        target=local_path(target),
        officer=officer,
        locked=locked,
        fault=fault,
        wait=wait,
        csrf=csrf,
        provider=parts.signin.provider is not None,
        codes=await asyncio.to_thread(parts.signin.users.codes_in_use),
    )
    answer = render(request, None, "signin", status=FAULTS.get(fault, HTTPStatus.OK), **content)
    answer.set_cookie(CSRF_COOKIE, csrf, secure=is_secure(request), samesite="lax", path="/")
    answer.headers["Referrer-Policy"] = "same-origin"  # without a referrer a form's Origin would be `null`
    if wait:
        answer.headers["Retry-After"] = wait
    return answer


def _context(**given: object) -> dict[str, Any]:
    """All that the template asks for."""
    empty = {"target": "/", "officer": "", "locked": False, "fault": "", "wait": "", "csrf": "", "provider": False}
    return {**empty, "codes": False, "done": False, **given}


def _check_form(request: Request, csrf: str) -> None:
    """Only our own form signs in: else a page of another site could sign somebody in as itself."""
    check_origin(request)
    if not csrf or not hmac.compare_digest(csrf.encode(), request.cookies.get(CSRF_COOKIE, "").encode()):
        raise ProblemFound(HTTPStatus.FORBIDDEN, "this did not come from our form", code="again")


def _back(request: Request) -> str:
    return f"{own_origin(request)}/sign-in/back"
