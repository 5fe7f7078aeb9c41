"""What a handler gets and gives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.codec import Body

__all__ = ["Answer", "Handler", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read."""

    version: int
    body: Body
    client_id: str
    client_host: str


Answer = Body | asyncio.Future[Body] | None
"""The answer, one that comes later, or none at all."""
Handler = Callable[[Broker, Request], Answer]
