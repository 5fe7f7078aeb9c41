"""Pages as a browser gets them, by whoever is said to be signed in: without broker and store, which no page asks."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import httpx
from fastapi import FastAPI

from console.headers import Site
from console.pages import PAGE_ROUTERS
from console.pages.home import tell_missing_pages
from console.problems import tell_problems
from console.signin.person import Person, person_of
from pipeline.runtime.clock import SystemClock
from schemas.search import Role

__all__ = ["ROLES", "Browser", "browser"]

ROLES: tuple[Role, ...] = get_args(Role)


@functools.cache
def _site() -> FastAPI:
    app = FastAPI()
    store = SimpleNamespace(data_dir=Path(__file__).parent, frames=False)
    app.state.parts = SimpleNamespace(clock=SystemClock(), site=Site(), store=store)
    tell_problems(app)
    tell_missing_pages(app)
    for router in PAGE_ROUTERS:
        app.include_router(router)
    return app


class Browser:
    """Of somebody in these roles; it follows no redirection."""

    def __init__(self, *roles: Role, zone: str = "") -> None:
        self.who: Callable[[], Person] = lambda: Person("Officer Peeters", dict.fromkeys(roles, zone))

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """The answer, as a browser asks."""
        return asyncio.run(self._get(address, {"Accept": "text/html", **(headers or {})}))

    async def _get(self, address: str, headers: Mapping[str, str]) -> httpx.Response:
        app = _site()
        app.dependency_overrides[person_of] = self.who
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://console.test", headers=headers) as client:
            return await client.get(address)


browser = Browser
"""As tests say it."""
