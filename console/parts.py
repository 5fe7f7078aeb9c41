"""What the routes of the API work with."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request

from console.accounts import Accounts
from console.camera_zones import CameraZones
from console.case_desk import CaseDesk
from console.credentials import Credentials
from console.door import Door
from console.feed import Feed
from console.headers import Site
from console.investigating.room import InvestigationRoom
from console.jobs import Jobs
from console.limits import Buckets
from console.pictures import Pictures
from console.refusals import REFUSED
from console.searching.ground import Ground
from console.searching.room import SearchRoom
from console.searching.whereabouts import Whereabouts
from console.signin.desk import SignIn
from console.store import Store
from console.zone_desk import Zones
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from schemas.case import Case
from schemas.hit import Hit

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
    hits: Feed[Hit]
    news: Feed[Case]
    """Cases as they change."""
    cameras: CameraZones
    door: Door
    accounts: Accounts
    cases: CaseDesk
    store: Store
    credentials: Credentials
    metrics: Metrics
    clock: Clock
    health: Callable[[], dict[str, Any]]
    signin: SignIn
    site: Site
    zones: Zones
    lookback: timedelta
    """How far back a new entry of a hotlist is searched for among what has passed."""
    settings: Mapping[str, str]
    """Those in force, for an administrator to look at; no secret."""
    limits: StreamLimits = field(default_factory=StreamLimits)
    ending: threading.Event = field(default_factory=threading.Event)
    """Set: streams end now, with a word to their subscribers."""
    streams: Counter[str] = field(default_factory=Counter)
    """Open ones by subscriber or officer."""
    buckets: Buckets = field(init=False)
    """Requests of people."""
    investigations: InvestigationRoom = field(init=False)
    jobs: Jobs = field(init=False)
    turns: asyncio.Semaphore = field(init=False)
    """To read the log from an older place."""
    searches: SearchRoom = field(init=False)
    whereabouts: Whereabouts = field(init=False)
    pictures: Pictures = field(init=False)
    ground: Ground = field(init=False)
    """What the map stands on."""

    def __post_init__(self) -> None:
        self.turns = asyncio.Semaphore(self.limits.reading_old)
        self.searches = SearchRoom(self.store, self.clock)
        self.whereabouts = Whereabouts(self.searches, self.clock)
        self.investigations = InvestigationRoom(self.store, self.clock)
        self.pictures = Pictures(self.store, self.searches, self.investigations, self.cases, self.clock)
        self.ground = Ground(self.store.police, self.searches.cameras, self.clock)
        self.jobs = Jobs(self.clock.now, REFUSED)
        self.buckets = Buckets(self.signin.rules.requests_per_s, self.clock.monotonic)

    def wake(self) -> None:
        """Have all who listen look whether they still may. From any thread."""
        for feed in (self.hits, self.news):
            feed.bell.ring()


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(_parts)]
