"""The description at /openapi.json: FastAPI's, with errors as they are told (RFC 9457)."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.types import Lifespan

from console.problems import MEDIA_TYPE, Problem, tell_problems

__all__ = ["describe", "described_app"]

ANYWHERE = {"422": "Asked wrongly", "429": "Too often: see Retry-After"}
OF_PEOPLE = {"401": "Nobody is signed in", "403": "Not in this role, or not theirs"}
REFERENCE = {"$ref": "#/components/schemas/Problem"}
FASTAPIS_OWN = ("HTTPValidationError", "ValidationError")


def described_app(title: str, description: str, parts: object, lifespan: Lifespan[FastAPI] | None) -> FastAPI:
    """An application without routes yet, over these parts, that tells problems and describes itself."""
    app = FastAPI(title=title, version="1", description=description, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.parts = parts
    tell_problems(app)
    describe(app)
    return app


def describe(app: FastAPI) -> None:
    """Have the application describe its errors as problems, of their media type."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(plain())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    for name in FASTAPIS_OWN:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    for methods in document["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            for status, words in (ANYWHERE | (OF_PEOPLE if operation.get("security") else {})).items():
                answers.setdefault(status, {"description": words})
            for status, answer in answers.items():
                if status.startswith(("4", "5")):
                    answer["content"] = {MEDIA_TYPE: {"schema": REFERENCE}}
    return document
