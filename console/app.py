"""The HTTP API as an ASGI application."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import Lifespan

from console.description import described_app
from console.headers import SecurityHeaders
from console.pages import PAGE_ROUTERS
from console.pages.home import tell_missing_pages
from console.pages.shell import STATIC
from console.parts import Parts
from console.routes import ROUTERS
from console.timing import ServerTiming

__all__ = ["create_app"]


def create_app(parts: Parts, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """All routes, over these parts. Its description is at /openapi.json; no page loads anything from elsewhere."""
    app = described_app(
        "ANPR back office",
        "Everything that people do in the console, and hits for programs that subscribe: docs/api.md.",
        parts,
        lifespan,
    )
    tell_missing_pages(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api")
        app.include_router(router, include_in_schema=False)  # addresses of before, which programs subscribe to
    for router in PAGE_ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), "static")
    app.middleware_stack = SecurityHeaders(ServerTiming(app.build_middleware_stack()), parts.site)  # around errors too
    return app
