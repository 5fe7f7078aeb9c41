"""`anomaly`: something about a plate or a camera that does not fit."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import (
    UUID,
    Confidence,
    Contract,
    GeoPoint,
    Instant,
    Name,
    ObjectKey,
    Part,
    PlateText,
    Revision,
    Sentence,
)

__all__ = ["Anomaly", "Sighting"]


class Sighting(Part):
    """One of the passages that do not fit, as a person compares them."""

    passage_id: UUID
    """The passage."""
    camera_id: Name
    """The camera passed."""
    captured_at: Instant
    """Camera clock."""
    evidence: ObjectKey | None = None
    """Picture of the best read."""
    position: GeoPoint | None = None
    """Where that was."""
    confidence: Confidence
    """Of the reading."""


class Anomaly(Contract):
    """A finding that a person should look at."""

    contract: ClassVar[str] = "anomaly"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    anomaly_id: UUID
    """UUIDv5 of the kind and of what it is about."""
    revision: Revision
    """The highest one holds."""
    withdrawn: bool = False
    """True: it was none."""
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
    """What does not fit: `impossible_travel` (one plate on two vehicles), `camera_clock`, `camera_silent` …; open, so
    that a new kind is no new version."""
    plate: PlateText | None = None
    """The plate, for a finding about a plate."""
    camera_id: Name | None = None
    """The camera (for a plate: the later one)."""
    observed_at: Instant
    """Event time of the finding."""
    ended_at: Instant | None = None
    """When it was over, for what comes to an end; absent: it is not, or its kind has no end."""
    passage_ids: Annotated[tuple[UUID, ...], Field(max_length=100)] = ()
    """The passages that together do not fit, in order of time."""
    sightings: Annotated[tuple[Sighting, ...], Field(max_length=10)] = ()
    """Those to show beside each other, in order of time: of `impossible_travel` two."""
    distance_m: Annotated[float, Field(ge=0, le=21_000_000)] | None = None
    """Straight distance between the passages, m."""
    elapsed_s: Annotated[float, Field(ge=-1e10, le=1e10)] | None = None
    """Time between the passages, s; negative where camera clocks disagree."""
    needed_kmh: Annotated[float, Field(ge=0, le=1e8)] | None = None
    """What one car would have driven at least in a straight line, clocks and places stretched in its favour, km/h."""
    score: Confidence
    """How sure: 1 = cannot be otherwise."""
    detail: Sentence = ""
    """One sentence for a person."""
