"""Who asks, in which roles, on whose cameras: what every route of people depends on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.officer_tokens import officer_of
from console.parts import Parts, PartsOf
from console.problems import ProblemFound
from schemas.search import Role
from sinks.clickhouse.officers import Register

__all__ = ["Person", "PersonOf", "having"]

bearer = HTTPBearer(auto_error=False, description="As `anpr officers token` printed it.")


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


async def _person(parts: PartsOf, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Person:
    """Raises ProblemFound 401 for nobody, 403 for who is registered no longer."""
    officer = officer_of(parts.credentials, given.credentials, parts.clock.now()) if given else None
    if officer is None:
        raise ProblemFound(
            HTTPStatus.UNAUTHORIZED, "sign in, or give an officer's token", {"WWW-Authenticate": "Bearer"}
        )
    zones = await asyncio.to_thread(_zones_of, parts, officer)
    if not zones:
        raise ProblemFound(HTTPStatus.FORBIDDEN, "you are not registered at all: ask an administrator")
    return Person(officer, zones)


def _zones_of(parts: Parts, officer: str) -> dict[Role, str]:
    register = Register(parts.store.police, parts.clock.now, officer, parts.store.chain)
    return {one.role: one.police_zone for one in register.current(officer)}


PersonOf = Annotated[Person, Depends(_person)]
"""Whoever is signed in."""


def having(*roles: Role) -> Callable[..., Awaitable[Person]]:
    """A dependency: somebody in one of these roles. Raises ProblemFound 403 for others."""

    async def admitted(person: PersonOf) -> Person:
        if not person.has(*roles):
            raise ProblemFound(HTTPStatus.FORBIDDEN, f"this is for: {', '.join(roles)}; ask an administrator")
        return person

    return admitted
