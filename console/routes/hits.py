"""Hits as server-sent events, for programs with a token."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack
from http import HTTPStatus
from typing import Annotated, Literal

from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import APIRouter, Depends, Header, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.accounts import Account
from console.cursor import CursorUnreadable, positions_of
from console.door import NotAdmitted
from console.event_stream import EventStream
from console.listening import Listening, Now
from console.parts import Parts, PartsOf
from console.problems import Problem, ProblemFound
from schemas.hotlist import ListKind
from schemas.selection import LOWEST_PRIORITY, AlertClass, HitSelection
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["router"]

LOGGER = logging.getLogger(__name__)
router = APIRouter(prefix="/v1/hits", tags=["hits"])
bearer = HTTPBearer(auto_error=False, description="As `anpr subscribers add` printed it.")
LATER = {"Retry-After": "5"}


async def _subscriber(
    parts: PartsOf, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Subscriber:
    try:
        if given is None:
            raise NotAdmitted("a token is needed: `Authorization: Bearer …`")
        return await asyncio.to_thread(parts.door.admit, given.credentials)
    except NotAdmitted as refused:
        parts.metrics.count("anpr_streams_refused_total", reason="token")
        raise ProblemFound(HTTPStatus.UNAUTHORIZED, str(refused), {"WWW-Authenticate": "Bearer"}) from refused


def _wish(
    kind: Annotated[list[ListKind] | None, Query(description="Kinds of lists; none: all.")] = None,
    zone: Annotated[
        list[str] | None, Query(max_length=64, description="Police zones of owner or camera; none: all.")
    ] = None,
    alert_class: Annotated[list[AlertClass] | None, Query(alias="class", description="None: both.")] = None,
    priority: Annotated[int, Query(ge=0, le=100, description="At least as urgent: 0 life in danger … 100 all.")] = (
        LOWEST_PRIORITY
    ),
    late: Annotated[bool, Query(description="Also old passages that were uploaded late.")] = True,
    retroactive: Annotated[bool, Query(description="Also what a new entry found among stored passages.")] = True,
    withdrawn: Annotated[bool, Query(description="Also withdrawals of hits.")] = True,
) -> HitSelection:
    return HitSelection(
        kinds=frozenset(kind or ()),
        zones=frozenset(zone or ()),
        classes=frozenset(alert_class or ()),
        priority=priority,
        late=late,
        retroactive=retroactive,
        withdrawn=withdrawn,
    )


@router.get(
    "/stream",
    status_code=HTTPStatus.OK,
    response_class=EventStream,
    responses={
        200: {
            "description": "`hit`: a hit as its contract has it. `end`: why it ends. The id leads on behind an event.",
            "content": {"text/event-stream": {}},
        },
        401: {"model": Problem},
        422: {"model": Problem},
        429: {"model": Problem},
        503: {"model": Problem},
    },
)
async def stream(
    parts: PartsOf,
    subscriber: Annotated[Subscriber, Depends(_subscriber)],
    wish: Annotated[HitSelection, Depends(_wish)],
    begin: Annotated[Literal["now", "oldest"], Query(alias="from", description="Without Last-Event-ID.")] = "now",
    last_event_id: Annotated[str | None, Header(description="Go on behind this event.")] = None,
) -> EventStream:
    """Hits as they come, without end: at least once, behind `Last-Event-ID` as long as the log holds it (30 days).

    What the token may not see is left out. That somebody listens is recorded in the audit.
    """
    if parts.bell is None or parts.ending.is_set():
        raise ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, "this process is ending: ask again", LATER)
    places = _begin(parts, begin, last_event_id)
    _check_room(parts, subscriber)
    with ExitStack() as leave:
        _count(parts, subscriber.name, 1)
        leave.callback(_count, parts, subscriber.name, -1)
        account = await _account(parts, subscriber, resumed=last_event_id is not None)
        leave.callback(setattr, account, "closed", True)
        return EventStream(
            Listening(parts, parts.bell, account, wish, places).events(),
            stalled_s=parts.limits.stalled_s,
            on_stalled=lambda: parts.metrics.count("anpr_streams_ended_total", reason="stalled"),
            on_close=leave.pop_all().close,
        )


def _begin(parts: Parts, begin: str, last_event_id: str | None) -> dict[int, int] | Now:
    if not last_event_id:
        return parts.ring.now() if begin == "now" else {}
    try:
        return positions_of(parts.log, last_event_id)
    except CursorUnreadable as error:
        raise ProblemFound(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


async def _account(parts: Parts, subscriber: Subscriber, *, resumed: bool) -> Account:
    """Nobody is told anything that cannot be recorded."""
    try:
        return await asyncio.to_thread(parts.accounts.open, subscriber, "stream", {"resumed": resumed})
    except ClickHouseError as error:
        LOGGER.warning("a stream was refused, as it cannot be recorded: %s", error)
        parts.metrics.count("anpr_streams_refused_total", reason="audit")
        raise ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, "the audit cannot be written: ask again", LATER) from error


def _count(parts: Parts, name: str, more: int) -> None:
    parts.streams[name] += more
    parts.metrics.set("anpr_streams_open", parts.streams.total())


def _check_room(parts: Parts, subscriber: Subscriber) -> None:
    if parts.streams[subscriber.name] >= parts.limits.most_of_one:
        parts.metrics.count("anpr_streams_refused_total", reason="too_many")
        raise ProblemFound(
            HTTPStatus.TOO_MANY_REQUESTS, f"{parts.limits.most_of_one} streams of this token are open", LATER
        )
    if parts.streams.total() >= parts.limits.most:
        parts.metrics.count("anpr_streams_refused_total", reason="full")
        raise ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, "no more streams fit into this process", LATER)
