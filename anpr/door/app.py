"""The door as an ASGI application."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import Lifespan

from anpr.door.parts import Parts
from anpr.door.routes import router
from console.description import described_app

__all__ = ["create_app"]


def create_app(parts: Parts, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """All routes, over these parts. Its description is at /openapi.json."""
    app = described_app(
        "ANPR ingest door",
        "Reads and frames of cameras and patrol cars: docs/ingest.md.",
        parts,
        lifespan,
    )
    app.include_router(router)
    return app
