"""One's own password and second factor. All of it needs the password, and is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, ParamSpec, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from console.asking import problems, told
from console.parts import PartsOf
from console.problems import ProblemFound
from console.routes.session import Code, Password, keep
from console.signin.account import Account
from console.signin.address import address_of
from console.signin.person import PersonOf, session_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/account", tags=["session"], responses=problems(409))
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class Proof(BaseModel):
    """That it is really this person."""

    model_config = ConfigDict(extra="forbid")

    password: Password
    code: Code = ""


class NewPassword(Proof):
    """Another password."""

    new: Password


class NewFactor(Proof):
    """A second factor that was offered."""

    secret: Annotated[str, Field(pattern=r"^[A-Z2-7]{32,64}$")]
    first: Annotated[str, Field(max_length=16)]
    """The code that the app shows now."""


class Offer(BaseModel):
    """A second factor that is not in force yet: nothing is kept of it until its first code comes."""

    secret: str
    picture: str
    """QR code, a `data:` address of an SVG."""


async def _account(request: Request, parts: PartsOf, person: PersonOf) -> Account:
    held = await session_of(request, parts)
    if person.session is None or held is None or held[1].way != "password":
        raise ProblemFound(HTTPStatus.CONFLICT, "there is no password of ours here: you sign in elsewhere")
    return Account(parts.signin, person.officer, address_of(request))


Own = Annotated[Account, Depends(_account)]


@router.put("/password", status_code=HTTPStatus.NO_CONTENT)
async def change_password(
    request: Request, response: Response, parts: PartsOf, account: Own, given: NewPassword
) -> None:
    """Change it: other browsers are signed out, this one goes on."""
    keep(request, response, parts, await _done(account.change_password, given.password, given.code, given.new))


@router.post("/second-factor")
async def offer(account: Own) -> Offer:
    """A new one to scan with an app; it is in force once its first code is given."""
    made = account.offer_second_factor()
    return Offer(secret=made.secret, picture=made.picture)


@router.put("/second-factor", status_code=HTTPStatus.NO_CONTENT)
async def set_second_factor(account: Own, given: NewFactor) -> None:
    """Ask for its codes from now on."""
    await _done(account.set_second_factor, given.password, given.code, given.secret, given.first)


@router.post("/second-factor/end", status_code=HTTPStatus.NO_CONTENT)
async def end_second_factor(account: Own, given: Proof) -> None:
    """Ask for the password alone again."""
    await _done(account.end_second_factor, given.password, given.code)


async def _done(work: Callable[Given, Answer], *given: Given.args, **more: Given.kwargs) -> Answer:
    """What the account refuses, as problems. A wrong password is 403 here: who asks is signed in."""
    try:
        with told():
            return await asyncio.to_thread(work, *given, **more)
    except ProblemFound as problem:
        if problem.code == "wrong":
            raise ProblemFound(HTTPStatus.FORBIDDEN, "password or code is not right", code="wrong") from problem
        raise
