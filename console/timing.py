"""What an answer was waited for, in its `Server-Timing` header: so a slow search says by itself where it was slow.

`store`: questions to the database. `record`: writing into the audit that a search was opened, or what it showed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ServerTiming", "timed"]

_SPENT: ContextVar[dict[str, float] | None] = ContextVar("spent", default=None)
"""Part → seconds so far, of the request that this runs for; None: for none."""


@contextmanager
def timed(part: str) -> Iterator[None]:
    """What is waited for here counts as this part. Threads that `asyncio.to_thread` starts belong to their request."""
    began = time.perf_counter()
    try:
        yield
    finally:
        spent = _SPENT.get()
        if spent is not None:
            spent[part] = spent.get(part, 0.0) + time.perf_counter() - began


class ServerTiming:
    """Adds the header to answers for which something was timed (https://www.w3.org/TR/server-timing/)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        spent: dict[str, float] = {}

        async def with_header(message: Message) -> None:
            if message["type"] == "http.response.start" and spent:
                told = ", ".join(f"{part};dur={seconds * 1000:.1f}" for part, seconds in spent.items())
                MutableHeaders(scope=message).append("Server-Timing", told)
            await send(message)

        token = _SPENT.set(spent)
        try:
            await self._app(scope, receive, with_header)
        finally:
            _SPENT.reset(token)
