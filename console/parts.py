"""What the routes of the API work with."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from console.accounts import Accounts
from console.bell import Bell
from console.case_desk import CaseDesk
from console.credentials import Credentials
from console.door import Door
from console.feed import Feed
from console.ring import Ring
from console.store import Store
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics

__all__ = ["Parts", "PartsOf", "StreamLimits"]


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What one process spends on streams."""

    most: int = 500
    """Open at once."""
    most_of_one: int = 20
    """Open at once for one subscriber."""
    reading_old: int = 4
    """At once reading the log from an older place: each has a connection to the broker and its memory."""
    life_sign_s: float = 15.0
    stalled_s: float = 30.0
    """Who takes nothing for so long is cut off."""


@dataclass(slots=True)
class Parts:
    """Of one API process."""

    kafka: KafkaConfig
    log: str
    """Identity of the topic of hits."""
    ring: Ring
    feed: Feed
    door: Door
    accounts: Accounts
    cases: CaseDesk
    store: Store
    credentials: Credentials
    metrics: Metrics
    clock: Clock
    health: Callable[[], dict[str, Any]]
    limits: StreamLimits = field(default_factory=StreamLimits)
    bell: Bell | None = None
    """Set when the event loop runs."""
    ending: threading.Event = field(default_factory=threading.Event)
    """Set: streams end now, with a word to their subscribers."""
    streams: Counter[str] = field(default_factory=Counter)
    """Open ones by subscriber."""
    turns: asyncio.Semaphore = field(init=False)
    """To read the log from an older place."""

    def __post_init__(self) -> None:
        self.turns = asyncio.Semaphore(self.limits.reading_old)


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(_parts)]
