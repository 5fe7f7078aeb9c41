"""An answer without end, that is cut off where nobody takes it, and always tidied up after."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import cast

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

__all__ = ["EventStream"]

LOGGER = logging.getLogger(__name__)


class EventStream(StreamingResponse):
    """Server-sent events, never buffered on the way, at the pace of who takes them."""

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        stalled_s: float,
        on_stalled: Callable[[], None],
        on_close: Callable[[], None],
    ) -> None:
        """stalled_s: whoever takes nothing for so long is cut off. on_close: called once, however it ends."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, headers=headers, media_type="text/event-stream")
        self._stalled_s, self._on_stalled, self._on_close = stalled_s, on_stalled, on_close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._on_close()

    async def stream_response(self, send: Send) -> None:
        """Send each event, or stop."""
        events = cast(AsyncGenerator[bytes, None], self.body_iterator)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(events):
            async for event in events:
                body = {"type": "http.response.body", "body": event, "more_body": True}
                try:
                    async with asyncio.timeout(self._stalled_s):
                        await send(body)
                except TimeoutError:
                    self._on_stalled()
                    LOGGER.info("a stream was cut off: nobody took it for %g s", self._stalled_s)
                    return  # without the end of the answer, the server hangs up
        await send({"type": "http.response.body", "body": b"", "more_body": False})
