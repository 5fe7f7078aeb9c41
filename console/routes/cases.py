"""Cases, for officers' programs: what waits for somebody, and what officers do to it. All of it is recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, ParamSpec, TypeVar

from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException
from fastapi import APIRouter, Depends, Path, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from console.case_answers import CaseUnanswered
from console.case_desk import CaseRefused, CaseUnknown
from console.officer_tokens import officer_of
from console.parts import PartsOf
from console.problems import Problem, ProblemFound
from pipeline.runtime.kafka import KafkaUnusable
from schemas.case import Case, CaseState
from schemas.case_input import ActionKind
from schemas.codec import encode
from schemas.hotlist import ListKind
from sinks.clickhouse.officers import OfficerRefused
from sinks.clickhouse.queries.cases import OPEN

__all__ = ["router"]

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 403, 404, 409, 422, 503, 504)
}
router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=PROBLEMS)
bearer = HTTPBearer(auto_error=False, description="As `anpr officers token` printed it.")
LATER = {"Retry-After": "5"}
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
CaseName = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-fA-F]{6,8}(-[0-9a-fA-F-]{0,27})?$",
        description="Its identifier, or 6 first digits of it. No plate.",
    ),
]


class CaseList(BaseModel):
    """Cases, the most urgent first."""

    cases: list[dict[str, Any]]
    """Each as its contract has it: `/v1/schemas/case`."""


class CaseShown(BaseModel):
    """One case."""

    case: dict[str, Any]
    """As its contract has it: `/v1/schemas/case`."""
    camera_names: dict[str, str] = Field(default_factory=dict)
    """By camera."""


class Act(BaseModel):
    """Something that an officer does to a case."""

    model_config = ConfigDict(extra="forbid")

    what: ActionKind
    to: Annotated[str, Field(max_length=64)] | None = None
    """Of `assign`: the officer or patrol."""
    text: Annotated[str, Field(max_length=1000)] = ""
    """A remark; of `note` it is needed."""


async def _officer(parts: PartsOf, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    officer = officer_of(parts.credentials, given.credentials, parts.clock.now()) if given else None
    if officer is None:
        raise ProblemFound(
            HTTPStatus.UNAUTHORIZED,
            "an officer's token is needed, and yours is none or has ended: `anpr officers token`",
            {"WWW-Authenticate": "Bearer"},
        )
    return officer


Officer = Annotated[str, Depends(_officer)]


@router.get("")
async def list_cases(
    parts: PartsOf,
    officer: Officer,
    state: Annotated[list[CaseState] | None, Query(description="None: those that are open.")] = None,
    kind: Annotated[list[ListKind] | None, Query(description="None: all.")] = None,
    days: Annotated[int, Query(ge=1, le=365)] = 30,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CaseList:
    """Cases that wait for somebody, the most urgent first."""
    found = await _asked(
        parts.cases.list_cases, officer, states=tuple(state or OPEN), kinds=kind or (), days=days, limit=limit
    )
    return CaseList(cases=list(map(_content, found)))


@router.get("/{name}")
async def show(parts: PartsOf, officer: Officer, name: CaseName) -> CaseShown:
    """A case with its story, where the vehicle was last, where it may show next, and who is near."""
    found = await _asked(parts.cases.show, officer, name)
    return CaseShown(case=_content(found.case), camera_names=found.camera_names)


@router.post("/{name}/actions")
async def act(parts: PartsOf, officer: Officer, name: CaseName, done: Act) -> CaseShown:
    """Acknowledge, assign, pursue, close, call false, reopen, remark. Answers when it is done, with the case."""
    case = await _asked(parts.cases.act, officer, name, done.what, to=done.to, text=done.text)
    return CaseShown(case=_content(case))


async def _asked(question: Callable[Given, Answer], *given: Given.args, **more: Given.kwargs) -> Answer:
    """The desk's answer, from a thread: it waits for store and broker."""
    with _told():
        return await asyncio.to_thread(question, *given, **more)


@contextmanager
def _told() -> Iterator[None]:
    """What the desk refuses, as problems."""
    try:
        yield
    except OfficerRefused as refused:
        raise ProblemFound(HTTPStatus.FORBIDDEN, str(refused)) from refused
    except CaseUnknown as refused:
        raise ProblemFound(HTTPStatus.NOT_FOUND, "there is no such case") from refused
    except CaseRefused as refused:
        raise ProblemFound(HTTPStatus.CONFLICT, str(refused)) from refused
    except CaseUnanswered as unanswered:
        raise ProblemFound(HTTPStatus.GATEWAY_TIMEOUT, str(unanswered)) from unanswered
    except (ClickHouseError, KafkaException, KafkaUnusable) as error:
        detail = "store or broker does not answer: ask again"
        raise ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, detail, LATER) from error


def _content(case: Case) -> Any:
    return json.loads(encode(case))
