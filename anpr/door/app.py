"""The door as an ASGI application."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import Lifespan

from anpr.door.parts import Parts
from anpr.door.routes import router
from console.description import describe
from console.problems import tell_problems

__all__ = ["create_app"]


def create_app(parts: Parts, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """All routes, over these parts. Its description is at /openapi.json."""
    app = FastAPI(
        title="ANPR ingest door",
        version="1",
        description="Reads and frames of cameras and patrol cars: docs/ingest.md.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.parts = parts
    tell_problems(app)
    describe(app)
    app.include_router(router)
    return app
