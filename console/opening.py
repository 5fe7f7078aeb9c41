"""Opens a stream: room for it, a record of who listens, and the answer that is tidied up after however it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import Request

from console.accounts import Account, Watcher
from console.audience import Audience, Onlooker, Program
from console.cursor import CursorUnreadable, positions_of
from console.event_stream import EventStream
from console.feed import Feed
from console.listening import Listening, Now
from console.parts import Parts
from console.problems import Problem, ProblemFound
from console.signin.person import Person, bearer, person_of
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["STREAM_ANSWERS", "Begin", "begin_of", "onlooker", "open_stream", "program"]

LOGGER = logging.getLogger(__name__)
LATER = {"Retry-After": "5"}
M = TypeVar("M")
Begin = Literal["now", "oldest"]
STREAM_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events of the subject as its contract has it; `alive`: a life sign, for people's pages; `end`: "
        "why it ends. The id leads on behind an event.",
        "content": {"text/event-stream": {}},
    },
    **{status: {"model": Problem} for status in (401, 403, 422, 429, 503)},
}
MakeAudience = Callable[[Account], Audience]


def program(parts: Parts, subscriber: Subscriber) -> MakeAudience:
    """Of a program with a token."""
    return lambda account: Program(account, subscriber, parts.door)


def onlooker(parts: Parts, request: Request, person: Person) -> MakeAudience:
    """Of a person: asked again now and then, so that who signs out or is ended hears nothing more."""

    async def same() -> bool:
        again = await person_of(request, parts, await bearer(request))
        return (again.officer, again.zones) == (person.officer, person.zones)

    return lambda account: Onlooker(account, same, parts.clock.monotonic)


def begin_of(feed: Feed[M], begin: Begin, last_event_id: str | None) -> dict[int, int] | Now:
    """Where the stream begins. Raises ProblemFound for an id that was never given."""
    if not last_event_id:
        return feed.ring.now() if begin == "now" else {}
    try:
        return positions_of(feed.log, last_event_id)
    except CursorUnreadable as error:
        raise ProblemFound(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


async def open_stream(
    parts: Parts,
    feed: Feed[M],
    who: Subscriber | Watcher,
    audience: MakeAudience,
    takes: Callable[[M], bool],
    begin: dict[int, int] | Now,
    *,
    resumed: bool,
) -> EventStream:
    """The answer. Raises ProblemFound where there is no room, or it cannot be recorded."""
    if not feed.bell.hangs or parts.ending.is_set():
        raise ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, "this process is ending: ask again", LATER)
    _check_room(parts, who)
    with ExitStack() as leave:
        _count(parts, who.name, 1)
        leave.callback(_count, parts, who.name, -1)
        account = await _account(parts, who, resumed=resumed)
        leave.callback(setattr, account, "closed", True)
        return EventStream(
            Listening(parts, feed, audience(account), takes, begin).events(),
            stalled_s=parts.limits.stalled_s,
            on_stalled=lambda: parts.metrics.count("anpr_streams_ended_total", reason="stalled"),
            on_close=leave.pop_all().close,
        )


async def _account(parts: Parts, who: Subscriber | Watcher, *, resumed: bool) -> Account:
    """Nobody is told anything that cannot be recorded."""
    try:
        return await asyncio.to_thread(parts.accounts.open, who, "stream", {"resumed": resumed})
    except ClickHouseError as error:
        LOGGER.warning("a stream was refused, as it cannot be recorded: %s", error)
        parts.metrics.count("anpr_streams_refused_total", reason="audit")
        raise ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, "the audit cannot be written: ask again", LATER) from error


def _count(parts: Parts, name: str, more: int) -> None:
    parts.streams[name] += more
    if not parts.streams[name]:
        del parts.streams[name]
    parts.metrics.set("anpr_streams_open", parts.streams.total())


def _check_room(parts: Parts, who: Subscriber | Watcher) -> None:
    if parts.streams[who.name] >= parts.limits.most_of_one:
        parts.metrics.count("anpr_streams_refused_total", reason="too_many")
        whose = "of this token" if isinstance(who, Subscriber) else "of yours"
        raise ProblemFound(HTTPStatus.TOO_MANY_REQUESTS, f"{parts.limits.most_of_one} streams {whose} are open", LATER)
    if parts.streams.total() >= parts.limits.most:
        parts.metrics.count("anpr_streams_refused_total", reason="full")
        raise ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, "no more streams fit into this process", LATER)
