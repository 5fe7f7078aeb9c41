"""Second factors of local users, for administrators: who has one, and ending one that was lost."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from console.asking import asked, problems
from console.parts import Parts, PartsOf
from console.signin.person import Person, having
from sinks.clickhouse.officers import Register

__all__ = ["router"]

router = APIRouter(prefix="/v1/second-factors", tags=["administration"], responses=problems())
Administrator = Annotated[Person, Depends(having("administrator"))]


class LocalUser(BaseModel):
    """Somebody who signs in by a password of ours."""

    officer: str
    second_factor: bool
    """Whether a code is asked for too."""


class LocalUsers(BaseModel):
    """By name; empty where people sign in at their organisation."""

    users: list[LocalUser]


class Lost(BaseModel):
    """Whose second factor ends."""

    model_config = ConfigDict(extra="forbid")

    officer: Annotated[str, Field(min_length=1, max_length=64)]


@router.get("")
async def list_factors(parts: PartsOf, _person: Administrator) -> LocalUsers:
    """Local users, and whether each has a second factor."""
    return await asked(_users, parts)


@router.post("/ended")
async def end_factor(parts: PartsOf, person: Administrator, lost: Lost) -> LocalUsers:
    """End a second factor that was lost: the password alone opens again. Recorded in the audit before it is done."""
    return await asked(_end, parts, person.officer, lost.officer)


def _users(parts: Parts) -> LocalUsers:
    users = parts.signin.users
    found = [LocalUser(officer=name, second_factor=users.has_second_factor(name)) for name in users.names()]
    return LocalUsers(users=found)


def _end(parts: Parts, administrator: str, officer: str) -> LocalUsers:
    users = parts.signin.users
    if users.has_second_factor(officer):
        register = Register(parts.store.police, parts.clock.now, administrator, parts.store.chain)
        register.require("administrator")
        register.sign_in_changed("second_factor_ended", officer)
        users.end_second_factor(officer)
    return _users(parts)
