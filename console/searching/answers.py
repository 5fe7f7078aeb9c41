"""What a search answers, as the API tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from console.searching.spoken import Note
from console.searching.understanding import Alternative
from pipeline.geo import Point
from schemas.search import Purpose, Role
from sinks.clickhouse.investigation.legs import Flag

__all__ = [
    "CameraShown",
    "LegShown",
    "MatchedHow",
    "NextFound",
    "NextShown",
    "PassageShown",
    "PassagesFound",
    "PatrolShown",
    "PatrolsFound",
    "Pictures",
    "Place",
    "RouteFound",
    "SearchShown",
    "SightingShown",
    "Understood",
    "place_of",
]

MatchedHow: TypeAlias = Literal["exact", "fits", "fits_alike", "misread", "held"]
"""To the letter; a part, to the letter or with look-alikes; one character away; kept by the search's case."""


@dataclass(frozen=True, slots=True)
class Place:
    """WGS 84, degrees."""

    latitude: float
    longitude: float


def place_of(point: Point | None) -> Place | None:
    """A point, as the API tells it."""
    return None if point is None else Place(point.lat, point.lon)


@dataclass(frozen=True, slots=True)
class Understood:
    """How the typed text was understood."""

    pattern: str
    """Compact: `?` one character, `*` any, `[B8]` one of these, `|` or."""
    words: str
    """In English."""
    alternatives: list[Alternative]
    """The pattern taken apart, for words of another language."""
    misreads: bool
    """Also what a camera may have misread of it."""
    notes: list[Note]
    """What was read into the text: letters of another alphabet, a spelling, `B or 8`."""


@dataclass(frozen=True, slots=True)
class SearchShown:
    """A search as it is recorded."""

    search_id: UUID
    """The key to its results; the audit number."""
    created_at: datetime
    expires_at: datetime
    """From then on it opens nothing."""
    open: bool
    """Whether it opens anything now."""
    purpose: Purpose
    reason: str
    case_number: str | None
    role: Role
    police_zone: str | None
    """On whose cameras; null: all."""
    captured_from: datetime
    captured_until: datetime
    decision_id: str | None
    understood: Understood


@dataclass(frozen=True, slots=True)
class CameraShown:
    """Where it was seen."""

    camera_id: str
    name: str
    """Empty: it is not registered."""
    position: Place | None
    """Of a moving camera: where it was then; null: not known."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Addresses of pictures; null: none was kept."""

    crop: str | None
    """The plate and a little around it."""
    frame: str | None
    """All of the picture; null also where the platform keeps none. One that was made before it kept them is 404."""


@dataclass(frozen=True, slots=True)
class PassageShown:
    """One vehicle past one camera once."""

    passage_id: UUID
    plate: str
    plate_display: str
    country: str | None
    """ISO 3166-1 alpha-2."""
    camera: CameraShown
    captured_at: datetime
    """By the camera's clock."""
    confidence: float
    """Of the read, 0 to 1."""
    certainty: str
    """sure or doubtful: compare the picture."""
    late: bool
    """Uploaded late: not where the vehicle is now."""
    direction: str | None
    """approaching or departing."""
    match: MatchedHow
    why: str
    """Why it is shown, in words."""
    probability: float | None
    """That this is the wanted vehicle, 0 to 1; null: look-alikes of a part."""
    pictures: Pictures


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """What a search found; nothing is an answer too."""

    search_id: UUID
    question: str
    """exact, partial or misread."""
    count: int
    """Of `passages`."""
    more: bool
    """There is more than this: narrow the search, or raise the limit."""
    plates: int
    """So many plates came into question."""
    unlikely: int
    """Misreads that were left out, as they are hardly the wanted vehicle."""
    passages: list[PassageShown]
    """Best first."""


@dataclass(frozen=True, slots=True)
class SightingShown:
    """One passage on a way."""

    passage_id: UUID
    plate: str
    plate_display: str
    """As people read it, in the writing of its country."""
    camera: CameraShown
    captured_at: datetime
    confidence: float
    certainty: str
    late: bool
    direction: str | None
    pictures: Pictures


@dataclass(frozen=True, slots=True)
class LegShown:
    """From one passage to the next."""

    start: UUID
    end: UUID
    gap_s: float
    straight_m: float | None
    road_m: float | None
    """Estimate."""
    speed_kmh: float | None
    """Along roads, on the average."""
    least_kmh: float | None
    """What it drove at least."""
    stop_s: float
    """How long it stood at least."""
    flag: Flag
    """What is odd about it; impossible and same_time: no car does that."""


@dataclass(frozen=True, slots=True)
class RouteFound:
    """The way of one plate."""

    search_id: UUID
    plate: str
    plate_display: str
    count: int
    more: bool
    """Only the newest are told."""
    passages: list[SightingShown]
    """In order of capture."""
    legs: list[LegShown]
    trips: list[list[UUID]]
    """Passages of each trip: an hour unseen ends one."""
    odd: list[UUID]
    """Passages without which the way is possible: a misread, a twin, or a camera's wrong clock."""


@dataclass(frozen=True, slots=True)
class NextShown:
    """What may follow."""

    what: Literal["camera", "elsewhere", "not_seen"]
    """At a camera, at some other one, or nowhere within the hour."""
    camera: CameraShown | None
    probability: float
    expected_from: datetime | None
    """One in ten is there by then."""
    expected_at: datetime | None
    """Half are."""
    expected_until: datetime | None
    """Nine in ten are."""
    overdue: bool
    observations: int
    """Vehicles that went there before."""


@dataclass(frozen=True, slots=True)
class NextFound:
    """Where a vehicle shows next."""

    search_id: UUID
    plate: str
    plate_display: str
    seen: SightingShown | None
    """Where it was last; null: not in the time of the search."""
    too_old: bool
    """Seen longer ago than anything is known of what comes after."""
    observations: int
    at_this_hour: int
    """Of the observations."""
    outcomes: list[NextShown]
    """Likeliest first."""


@dataclass(frozen=True, slots=True)
class PatrolShown:
    """One unit."""

    patrol_id: str
    status: str
    """available, busy or off_duty."""
    police_zone: str | None
    position: Place
    heading_deg: float | None
    speed_kmh: float | None
    fixed_at: datetime
    """Moment of its position."""
    age_s: float
    stale: bool
    """The position is so old that it may be elsewhere."""
    distance_m: float | None = None
    """Straight, from the place asked for; null: no place was asked for."""
    drive_s: float | None = None
    """Estimated time by road."""


@dataclass(frozen=True, slots=True)
class PatrolsFound:
    """The units nearest to a camera."""

    search_id: UUID
    near: CameraShown | None
    """Null: not seen, or at no known place."""
    patrols: list[PatrolShown]
    """Nearest first."""
