"""What investigators ask: an area, a time, and one of five questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from pipeline.geo import Point
from sinks.clickhouse.investigation.areas import Area, circle_area, polygon_area
from sinks.clickhouse.queries.cameras import Registered
from sinks.clickhouse.queries.place import ANY, Wanted
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["Anomalies", "Companions", "Compared", "Question", "SceneAsked", "Scenes", "What", "Where"]

CLOCKS_AHEAD = timedelta(hours=1)
"""Camera clocks that run a little ahead are not hidden."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Where:
    """Some cameras: exactly one of these; none: all."""

    cameras: tuple[str, ...] = ()
    polygon: tuple[Point, ...] = ()
    centre: Point | None = None
    radius_m: float = 0.0
    police_zone: str = ""

    def names(self, registered: Sequence[Registered]) -> tuple[str, ...]:
        """Their identifiers. Raises SearchRefused where there are none, or it is said in more than one way."""
        ways = [bool(self.cameras), bool(self.polygon), self.centre is not None, bool(self.police_zone)]
        if sum(ways) > 1:
            raise SearchRefused("say where in one way: cameras, a polygon, a circle, or a police zone", "area_unknown")
        return self._area().cameras(registered)

    def _area(self) -> Area:
        if self.polygon:
            return polygon_area(self.polygon)
        if self.centre is not None:
            return circle_area(self.centre, self.radius_m)
        if self.police_zone:
            return Area(f"the zone {self.police_zone}", lambda camera: camera.police_zone == self.police_zone)
        names = frozenset(self.cameras)
        return Area("these cameras", lambda camera: not names or camera.camera_id in names, names=names)


@dataclass(frozen=True, slots=True)
class _Times:
    """A time, with the one that is usual where none is said."""

    usual: ClassVar[timedelta] = timedelta(days=7)
    since: datetime | None = None
    until: datetime | None = None

    def span(self, now: datetime) -> Span:
        """From when until when."""
        until = self.until or now + CLOCKS_AHEAD
        return self.since or min(now, until) - self.usual, until


@dataclass(frozen=True, slots=True)
class SceneAsked:
    """Some cameras for some time."""

    where: Where
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Scenes:
    """Which vehicles were at several scenes."""

    name: ClassVar[str] = "scenes"
    title: ClassVar[str] = "Vehicles at several scenes"
    scenes: tuple[SceneAsked, ...]
    in_order: bool = False
    least: int | None = None
    """Seen at so many of them; None: all."""
    typed: str = "*"
    """Only plates like this."""
    limit: int = 100

    def span(self, now: datetime) -> Span:
        """From the first begin to the last end."""
        begins, ends = [one.since for one in self.scenes], [one.until for one in self.scenes]
        return min(begins, default=now), max(ends, default=now)


@dataclass(frozen=True, slots=True)
class Companions(_Times):
    """Who travels with a vehicle."""

    name: ClassVar[str] = "companions"
    title: ClassVar[str] = "Vehicles that travel together"
    typed: str = ""
    """Its plate in full."""
    within_s: int = 60
    least: int = 3
    everybody: bool = False
    limit: int = 50


@dataclass(frozen=True, slots=True)
class What(_Times):
    """What passed the cameras of an area; the last hour, unless said."""

    name: ClassVar[str] = "place"
    title: ClassVar[str] = "What passed a place"
    usual: ClassVar[timedelta] = timedelta(hours=1)
    where: Where = field(default_factory=Where)
    typed: str = "*"
    wanted: Wanted = ANY
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Compared(_Times):
    """Where two vehicles were, and where both were; the last day, unless said."""

    name: ClassVar[str] = "compare"
    title: ClassVar[str] = "Two ways compared"
    usual: ClassVar[timedelta] = timedelta(days=1)
    plates: tuple[str, str] = ("", "")
    limit: int = 2000

    @property
    def typed(self) -> str:
        """Both plates."""
        return "|".join(self.plates)


@dataclass(frozen=True, slots=True)
class Anomalies(_Times):
    """Plates on two vehicles, and cameras whose clock is wrong."""

    name: ClassVar[str] = "anomalies"
    title: ClassVar[str] = "What does not fit"
    where: Where = field(default_factory=Where)
    kinds: tuple[str, ...] = ()
    typed: str = "*"
    limit: int = 100


Question = Scenes | Companions | What | Compared | Anomalies
