"""Who asks, in which roles, on whose cameras: what every route of people depends on."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.headers import own_origin
from console.officer_tokens import officer_of
from console.parts import Parts, PartsOf
from console.problems import ProblemFound
from console.signin.cookies import session_key
from console.signin.sessions import Session
from schemas.search import Role

__all__ = ["Person", "PersonOf", "bearer", "check_csrf", "check_origin", "having", "is_api", "person_of", "session_of"]

bearer = HTTPBearer(auto_error=False, description="As `anpr officers token` printed it.")
SAFE = ("GET", "HEAD", "OPTIONS")
LATER = {"Retry-After": "5"}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is registered now, in one role at least."""

    officer: str
    zones: Mapping[Role, str]
    """Role → police zone whose cameras it sees; empty: all (federal)."""
    session: str | None = None
    """Of the browser; None: a program with a token."""

    def has(self, *roles: Role) -> bool:
        """In one of these roles."""
        return any(role in self.zones for role in roles)


async def person_of(
    request: Request, parts: PartsOf, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Person:
    """Raises ProblemFound: 401 for nobody (code `locked`: a session that waits for its password), 403, 429, 503."""
    if given is not None:
        officer, key = officer_of(parts.credentials, given.credentials, parts.clock.now()), None
    else:
        key = session_key(request)
        officer = await _officer_of_session(request, parts, key)
    if officer is None:
        raise ProblemFound(
            HTTPStatus.UNAUTHORIZED,
            "sign in, or give an officer's token",
            {"WWW-Authenticate": "Bearer"},
            code="signed_out",
        )
    _check_rate(request, parts, officer)
    zones = await _zones(parts, officer)
    if not zones:
        if key is not None:
            await asyncio.to_thread(parts.signin.sessions.end, key)
        raise ProblemFound(
            HTTPStatus.FORBIDDEN, "you are not registered at all: ask an administrator", code="unregistered"
        )
    return Person(officer, zones, key)


async def _officer_of_session(request: Request, parts: Parts, key: str | None) -> str | None:
    """Whose session it is; None: nobody's. A page that is opened, or an act, shows that somebody is there."""
    session = await asyncio.to_thread(parts.signin.sessions.find, key) if key is not None else None
    if session is None or key is None:
        return None
    if session.locked and not _is_stream(request):
        raise ProblemFound(
            HTTPStatus.UNAUTHORIZED, "nobody was here for a while: give your password again", code="locked"
        )
    if request.method not in SAFE:
        check_csrf(request, session)
    if request.method not in SAFE or not is_api(request):
        await asyncio.to_thread(parts.signin.sessions.touch, key, session)
    return session.officer


def _is_stream(request: Request) -> bool:
    """Events go on where nobody touches anything for long: who watches for hits does just that, and must hear one."""
    return request.url.path.endswith("/stream")


def is_api(request: Request) -> bool:
    """Whether a program asks, not the address bar."""
    return request.url.path.startswith(("/api/", "/v1/"))


async def session_of(request: Request, parts: Parts) -> tuple[str, Session] | None:
    """The browser's session, locked or not; None: none."""
    key = session_key(request)
    session = await asyncio.to_thread(parts.signin.sessions.find, key) if key is not None else None
    return (key, session) if key is not None and session is not None else None


def check_csrf(request: Request, session: Session) -> None:
    """Only our own pages act in a browser's session. Raises ProblemFound."""
    check_origin(request)
    if not hmac.compare_digest(request.headers.get("x-csrf-token", "").encode(), session.csrf.encode()):
        raise ProblemFound(
            HTTPStatus.FORBIDDEN, "this did not come from a page of the console: send its cookie csrf as X-CSRF-Token"
        )


def check_origin(request: Request) -> None:
    """Raises ProblemFound for what another site's page makes a browser send."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    if (origin is not None and origin != own_origin(request)) or site not in ("same-origin", "none"):
        raise ProblemFound(HTTPStatus.FORBIDDEN, "this came from a page of another site")


def _check_rate(request: Request, parts: Parts, officer: str) -> None:
    """Streams are counted where they are kept: a browser that is refused one asks no more."""
    if _is_stream(request):
        return
    if wait_s := parts.buckets.take(officer):
        parts.metrics.count("anpr_requests_refused_total", reason="rate")
        raise ProblemFound(
            HTTPStatus.TOO_MANY_REQUESTS, f"too many requests: wait {wait_s} s", {"Retry-After": str(wait_s)}
        )


async def _zones(parts: Parts, officer: str) -> Mapping[Role, str]:
    try:
        return await asyncio.to_thread(parts.signin.registrations.zones, officer)
    except ClickHouseError as error:
        raise ProblemFound(
            HTTPStatus.SERVICE_UNAVAILABLE, "the register of officers does not answer: ask again", LATER, code="away"
        ) from error


PersonOf = Annotated[Person, Depends(person_of)]
"""Whoever is signed in."""


def having(*roles: Role) -> Callable[..., Awaitable[Person]]:
    """A dependency: somebody in one of these roles. Raises ProblemFound 403 for others."""

    async def admitted(person: PersonOf) -> Person:
        if not person.has(*roles):
            told = f"this is for: {', '.join(roles)}; ask an administrator"
            raise ProblemFound(HTTPStatus.FORBIDDEN, told, code="role_missing")
        return person

    return admitted
