"""`anomaly`: something about a plate or a camera that does not fit."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import UUID, Confidence, Contract, Instant, Name, PlateText, Revision, Sentence

__all__ = ["Anomaly"]


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
    """What does not fit: `impossible_travel`, `camera_silent` …; open, so that a new kind is no new version."""
    plate: PlateText | None = None
    """The plate, for a finding about a plate."""
    camera_id: Name | None = None
    """The camera (for a plate: the later one)."""
    observed_at: Instant
    """Event time of the finding."""
    passage_ids: Annotated[tuple[UUID, ...], Field(max_length=100)] = ()
    """The passages that together do not fit, in order of time."""
    distance_m: Annotated[float, Field(ge=0, le=21_000_000)] | None = None
    """Straight distance between the passages, m."""
    elapsed_s: Annotated[float, Field(ge=-1e10, le=1e10)] | None = None
    """Time between the passages, s; negative where camera clocks disagree."""
    score: Confidence
    """How sure: 1 = cannot be otherwise."""
    detail: Sentence = ""
    """One sentence for a person."""
