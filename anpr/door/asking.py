"""What is looked at before an upload's content: who sends it, how often, how much, and by what clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import ClientDisconnect

from anpr.door import answers
from anpr.door.arrived import Spooled
from anpr.door.budget import Full, Lease
from anpr.door.keys import Device, NotAdmitted
from anpr.door.parts import Parts, PartsOf
from console.problems import ProblemFound

__all__ = ["ClockOf", "DeviceOf", "Gone", "SpooledOf", "body_of", "count_problem", "skew_of"]

BODY_WITHIN_S, SILENCE_S = 300.0, 30.0
"""All of a body, and each piece of it: a picture of 8 MB comes in five minutes over a quarter of a megabit a second."""
FURTHEST_S = 1e10
"""As the contract `upload` has it."""
bearer = HTTPBearer(auto_error=False, description="As `anpr cameras key add` printed it.")


class Gone(Exception):
    """The device hung up before all of it had come."""


async def _device(
    request: Request,
    parts: PartsOf,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Device:
    """Who asks, and that they may now. Raises ProblemFound, once what they send has been read away."""
    try:
        return _admitted(parts, shown.credentials if shown else "")
    except ProblemFound as problem:
        count_problem(parts, problem)
        await _read_away(request)
        raise


def count_problem(parts: Parts, problem: ProblemFound) -> None:
    """By its code, which is an `answers.Outcome`."""
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        parts.told_again()
    parts.metrics.count("anpr_door_requests_total", outcome=problem.code or "not_reads")


def _admitted(parts: Parts, token: str) -> Device:
    if not parts.ready:
        raise answers.not_ready(parts.trouble())
    try:
        device = parts.keys.admit(token)
    except NotAdmitted as stranger:
        raise answers.unknown_token(str(stranger)) from stranger
    if wait_s := parts.buckets.take(device.name):
        raise answers.too_fast(wait_s)
    return device


async def _read_away(request: Request) -> None:
    """Nothing of it is kept. A connection that is closed upon unread bytes would lose the answer too."""
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for _chunk in _chunks(request):
                pass
    except (TimeoutError, ClientDisconnect):
        return


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """Raises TimeoutError when none comes for half a minute."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        yield chunk


def _spooled(
    spool: Annotated[
        str | None,
        Header(alias="Anpr-Spool", pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$", description="A row of uploads."),
    ] = None,
    number: Annotated[
        int | None, Header(alias="Anpr-Sequence", ge=1, le=2**53, description="Of this upload in its row, growing.")
    ] = None,
) -> Spooled | None:
    """Where this upload stands; None: the device keeps no count. Raises ProblemFound for half of it."""
    if spool is None and number is None:
        return None
    if spool is None or number is None:
        raise answers.not_reads("Anpr-Spool and Anpr-Sequence go together")
    return Spooled(spool, number)


DeviceOf = Annotated[Device, Depends(_device)]
SpooledOf = Annotated[Spooled | None, Depends(_spooled)]
ClockOf = Annotated[
    str | None, Header(alias="Anpr-Clock", max_length=64, description="The device's clock now, RFC 3339 with a zone.")
]


def skew_of(clock: str | None, now: datetime) -> float | None:
    """The device's clock less ours, s; None: it does not tell, or not in a way that can be read."""
    try:
        told = datetime.fromisoformat(clock) if clock else None
    except ValueError:
        return None
    if told is None or told.tzinfo is None:
        return None
    return max(-FURTHEST_S, min(FURTHEST_S, round((told - now).total_seconds(), 3)))


async def body_of(request: Request, most: int, lease: Lease) -> bytes:
    """The body, as far as there is room for it. Raises ProblemFound, Gone."""
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            return await _body(request, most, lease)
    except TimeoutError as late:
        raise answers.too_slow() from late
    except ClientDisconnect as gone:
        raise Gone from gone


async def _body(request: Request, most: int, lease: Lease) -> bytes:
    """What there is no room for is read away before that is told, as by `_read_away`."""
    parts: list[bytes] = []
    problem: ProblemFound | None = None
    async for chunk in _chunks(request):
        if problem is None:
            problem = _no_room(chunk, most, lease)
            parts.append(chunk)
        if problem is not None:
            parts.clear()
    if problem is not None:
        raise problem
    return b"".join(parts)


def _no_room(chunk: bytes, most: int, lease: Lease) -> ProblemFound | None:
    try:
        lease.take(len(chunk))
    except Full:
        return answers.full()
    return answers.too_large(most) if lease.size > most else None
