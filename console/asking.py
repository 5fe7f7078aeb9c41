"""Questions to store and broker, asked from a thread, and what becomes of them when they are refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from pydantic import BaseModel

from console.problems import Problem, ProblemFound
from console.refusals import AWAY, REFUSED, problem_of, unanswered

__all__ = ["asked", "asked_for", "problems", "told"]

LOGGER = logging.getLogger(__name__)
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
OTHERWISE = {"pattern": ("plate", "plates")}
"""What a search calls so is called otherwise by other questions."""


async def asked(question: Callable[Given, Answer], *given: Given.args, **more: Given.kwargs) -> Answer:
    """The answer, from a thread: it waits for store and broker. Raises ProblemFound."""
    with told():
        return await asyncio.to_thread(question, *given, **more)


async def asked_for(
    body: BaseModel, question: Callable[Given, Answer], *given: Given.args, **more: Given.kwargs
) -> Answer:
    """As `asked`, for what this body asks: a refusal is about a field of it, or about none."""
    try:
        return await asked(question, *given, **more)
    except ProblemFound as problem:
        problem.field = _field_of(body, problem.field)
        raise


def _field_of(body: BaseModel, field: str | None) -> str | None:
    there = {one.alias or name for name, one in type(body).model_fields.items()}
    names = (field, *OTHERWISE.get(field or "", ()))
    return next((name for name in names if name in there), None)


@contextmanager
def told() -> Iterator[None]:
    """What is refused, as problems."""
    try:
        yield
    except REFUSED as refused:
        raise problem_of(refused) from refused
    except AWAY as error:
        LOGGER.warning("not answered: %s", type(error).__name__)
        raise unanswered(error) from error


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a router's `responses`: these, and those that every route of people has."""
    return {status: {"model": Problem} for status in sorted({401, 403, 422, 503, *statuses})}
