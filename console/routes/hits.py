"""Hits as server-sent events: for programs with a token of their own, and for people."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials

from console.accounts import Watcher
from console.door import NotAdmitted
from console.event_stream import EventStream
from console.opening import STREAM_ANSWERS, Begin, begin_of, onlooker, open_stream, program
from console.parts import Parts, PartsOf
from console.problems import ProblemFound
from console.sight import hits_told
from console.signin.person import Person, bearer, person_of
from schemas.hit import Hit
from schemas.hotlist import ListKind
from schemas.selection import LOWEST_PRIORITY, AlertClass, HitSelection, Selector
from sinks.clickhouse.queries.case_sight import sight_of
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["router"]

router = APIRouter(prefix="/v1/hits", tags=["hits"])
OF_SUBSCRIBERS = "anpr_"
"""How tokens of subscribers begin."""


async def _listener(
    request: Request, parts: PartsOf, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Subscriber | Person:
    """Raises ProblemFound 401 for neither a program's token nor a person."""
    if given is None or not given.credentials.startswith(OF_SUBSCRIBERS):
        try:
            return _watching(await person_of(request, parts, given))
        except ProblemFound:
            parts.metrics.count("anpr_streams_refused_total", reason="token")
            raise
    try:
        return await asyncio.to_thread(parts.door.admit, given.credentials)
    except NotAdmitted as refused:
        parts.metrics.count("anpr_streams_refused_total", reason="token")
        raise ProblemFound(HTTPStatus.UNAUTHORIZED, str(refused), {"WWW-Authenticate": "Bearer"}) from refused


def _watching(person: Person) -> Person:
    if not person.has("officer", "investigator"):
        raise ProblemFound(HTTPStatus.FORBIDDEN, "hits are told to officers and investigators; ask an administrator")
    return person


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


@router.get("/stream", status_code=HTTPStatus.OK, response_class=EventStream, responses=STREAM_ANSWERS)
async def stream(
    request: Request,
    parts: PartsOf,
    listener: Annotated[Subscriber | Person, Depends(_listener)],
    wish: Annotated[HitSelection, Depends(_wish)],
    begin: Annotated[Begin, Query(alias="from", description="Without Last-Event-ID.")] = "now",
    last_event_id: Annotated[str | None, Header(description="Go on behind this event.")] = None,
) -> EventStream:
    """Hits as they come, without end: at least once, behind `Last-Event-ID` as long as the log holds it (30 days).

    For programs with a token, and for people: an officer's token, or a session of the console. What the token or the
    person's zone may not see is left out; people are told urgent hits wherever. That somebody listens is recorded in
    the audit.
    """
    places = begin_of(parts.hits, begin, last_event_id)
    may, wants = _may_hear(parts, listener), Selector(wish, parts.cameras.zones)

    def takes(hit: Hit) -> bool:
        return may(hit) and wants.takes(hit)

    resumed = last_event_id is not None
    if isinstance(listener, Subscriber):
        admitted = program(parts, listener)
        return await open_stream(parts, parts.hits, listener, admitted, takes, places, resumed=resumed)
    who, audience = Watcher(listener.officer, "hits"), onlooker(parts, request, listener)
    return await open_stream(parts, parts.hits, who, audience, takes, places, resumed=resumed)


def _may_hear(parts: Parts, listener: Subscriber | Person) -> Callable[[Hit], bool]:
    """The most that they may be told."""
    zones = parts.cameras.zones
    if isinstance(listener, Subscriber):
        return Selector(listener.limits, zones, unknown_cameras=False).takes
    return hits_told(sight_of(listener.officer, listener.zones), zones)
