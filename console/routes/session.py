"""The browser's own session: sign in, who am I, still there, lock, unlock, sign out."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from console.asking import problems, told
from console.parts import Parts, PartsOf
from console.problems import ProblemFound
from console.signin.address import address_of
from console.signin.cookies import clear_session, keep_session, session_key
from console.signin.desk import Entered
from console.signin.person import check_csrf, check_origin, session_of
from console.signin.sessions import Session, Way
from schemas.search import Role

__all__ = ["keep", "router"]

LOGGER = logging.getLogger(__name__)
router = APIRouter(prefix="/v1/session", tags=["session"], responses=problems(409))
Code = Annotated[str, Field(max_length=16, description="Of the second factor, where there is one.")]
Password = Annotated[str, Field(max_length=1024)]


class SignInForm(BaseModel):
    """Who somebody says to be."""

    model_config = ConfigDict(extra="forbid")

    officer: Annotated[str, Field(min_length=1, max_length=64)]
    """As the register of officers has it."""
    password: Password
    code: Code = ""


class UnlockForm(BaseModel):
    """The same person again."""

    model_config = ConfigDict(extra="forbid")

    password: Password
    code: Code = ""


class SessionShown(BaseModel):
    """Who is signed in, in which roles, until when."""

    officer: str
    zones: dict[Role, str]
    """Role → police zone whose cameras it sees; empty: all (federal)."""
    way: Way
    """How they signed in."""
    second_factor: bool
    """Whether a code is needed to unlock."""
    locked: bool
    """Waits for the password."""
    idle_at: datetime
    """Locks then, unless somebody is there."""
    ends_at: datetime
    """Ends then."""


async def _held(request: Request, parts: PartsOf) -> tuple[str, Session]:
    """The session, locked or not. Raises ProblemFound."""
    found = await session_of(request, parts)
    if found is None:
        raise ProblemFound(HTTPStatus.UNAUTHORIZED, "you are not signed in", code="signed_out")
    return found


async def _own(request: Request, held: Annotated[tuple[str, Session], Depends(_held)]) -> tuple[str, Session]:
    """The session, which one of our own pages changes."""
    check_csrf(request, held[1])
    return held


Held = Annotated[tuple[str, Session], Depends(_held)]
Own = Annotated[tuple[str, Session], Depends(_own)]


@router.get("")
async def show(parts: PartsOf, held: Held) -> SessionShown:
    """Who is signed in here, and until when. Asking keeps nothing open."""
    return await _shown(parts, held[1])


@router.post("")
async def enter(request: Request, response: Response, parts: PartsOf, form: SignInForm) -> SessionShown:
    """Sign in by password, and get the cookies of a new session. A session of before ends."""
    check_origin(request)
    if parts.signin.provider is not None:
        raise ProblemFound(HTTPStatus.CONFLICT, "people sign in at their organisation here: open /sign-in")
    with told():
        entered = await asyncio.to_thread(
            parts.signin.enter,
            form.officer.strip(),
            form.password,
            form.code,
            address_of(request),
            replaces=session_key(request),
        )
    keep(request, response, parts, entered)
    return await _shown(parts, entered.session)


@router.post("/activity")
async def activity(parts: PartsOf, own: Own) -> SessionShown:
    """Somebody is at keyboard or screen: pages tell it now and then. Opens nothing that is locked."""
    key, session = own
    await asyncio.to_thread(parts.signin.sessions.touch, key, session)
    now = await asyncio.to_thread(parts.signin.sessions.find, key)
    return await _shown(parts, now or session)


@router.post("/lock", status_code=HTTPStatus.NO_CONTENT)
async def lock(parts: PartsOf, own: Own) -> None:
    """The person leaves the screen: the password is needed before anything more is shown."""
    await asyncio.to_thread(parts.signin.sessions.lock, own[0])


@router.post("/unlock")
async def unlock(request: Request, response: Response, parts: PartsOf, own: Own, form: UnlockForm) -> SessionShown:
    """Go on where it was, by the same person's password. Its end stays as it was."""
    key, session = own
    if session.way != "password":
        raise ProblemFound(HTTPStatus.CONFLICT, "sign in at your organisation again: /sign-in/begin")
    with told():
        entered = await asyncio.to_thread(
            parts.signin.unlock, key, session, form.password, form.code, address_of(request)
        )
    keep(request, response, parts, entered)
    return await _shown(parts, entered.session)


@router.delete("", status_code=HTTPStatus.NO_CONTENT)
async def leave(request: Request, response: Response, parts: PartsOf, own: Own) -> None:
    """Sign out: the session ends at once, in all tabs."""
    try:
        await asyncio.to_thread(parts.signin.leave, *own)
    except ClickHouseError as error:  # it has ended all the same, and that is what counts
        LOGGER.warning("a sign-out could not be recorded: %s", error)
        parts.metrics.count("anpr_audit_writes_total", outcome="refused")
    clear_session(request, response)


def keep(request: Request, response: Response, parts: Parts, entered: Entered) -> None:
    """Give the browser its cookies, for as long as the session lasts."""
    lasts = entered.session.began + parts.signin.rules.absolute - parts.clock.now()
    keep_session(request, response, entered.key, entered.session.csrf, lasts)


async def _shown(parts: Parts, session: Session) -> SessionShown:
    with told():
        zones = await asyncio.to_thread(parts.signin.registrations.zones, session.officer)
        second = await asyncio.to_thread(parts.signin.users.has_second_factor, session.officer)
    return SessionShown(
        officer=session.officer,
        zones=zones,
        way=session.way,
        second_factor=second and session.way == "password",
        locked=session.locked,
        idle_at=session.active + parts.signin.rules.idle,
        ends_at=session.began + parts.signin.rules.absolute,
    )
