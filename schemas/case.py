"""`case`: the work item that groups the hits of one vehicle."""

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
from schemas.hit import NearPatrol
from schemas.hotlist import Instruction, ListKind

__all__ = ["Case", "CaseAnomaly", "CaseEvent", "CaseState", "ClosedHow", "NextCamera"]

CaseState = Literal["new", "acknowledged", "pursuing", "closed", "false"]
ClosedHow = Literal["person", "silence", "withdrawn"]
"""Who ended it: somebody, nothing heard for long enough, or the hits that were all taken back."""
Who = Annotated[str, StringConstraints(max_length=64)]
Seconds = Annotated[float, Field(ge=0, le=1_000_000)]


class CaseEvent(Part):
    """One line of a case's story."""

    at: Instant
    """Our clock."""
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
    """What happened: `opened`, `sighted`, `escalated`, `acknowledged` …; open, so that a new kind is no new version."""
    who: Who = ""
    """Officer; empty: the program."""
    fact_id: UUID | None = None
    """The hit, anomaly or action it comes from."""
    camera_id: Name | None = None
    """Of a sighting: where."""
    captured_at: Instant | None = None
    """Of a sighting: when, by the camera's clock."""
    evidence: ObjectKey | None = None
    """Of a sighting: the picture. Of what somebody said of a picture: that one."""
    text: Sentence = ""
    """In words."""


class NextCamera(Part):
    """Where the vehicle may show next. Seconds count from `last_seen_at`."""

    camera_id: Name
    """There."""
    probability: Confidence
    """How likely, of all that may follow."""
    p50_s: Seconds | None = None
    """Half of those who go there are there by then, s."""
    p90_s: Seconds | None = None
    """Nine in ten are, s."""


class CaseAnomaly(Part):
    """A finding about the plate, such as being at two places at once."""

    anomaly_id: UUID
    """The finding."""
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
    """What does not fit."""
    observed_at: Instant
    """Event time of the finding."""
    score: Confidence
    """How sure."""
    detail: Sentence = ""
    """One sentence for a person."""
    evidence: Annotated[tuple[ObjectKey, ...], Field(max_length=4)] = ()
    """Pictures to compare."""


class Case(Contract):
    """One vehicle that somebody must deal with, from the first hit to the end."""

    contract: ClassVar[str] = "case"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    case_id: UUID
    """UUIDv5 of the vehicle's plate, the first hit, and the log and offset that it came from; key of the topic."""
    revision: Revision
    """The highest one holds."""
    plate: PlateText
    """The vehicle's plate."""
    list_kinds: Annotated[tuple[ListKind, ...], Field(max_length=16)]
    """Kinds of the lists hit."""
    priority: Annotated[int, Field(ge=0, le=100)]
    """Most urgent one of its entries."""
    state: CaseState
    """Where the work stands."""
    hit_ids: Annotated[tuple[UUID, ...], Field(max_length=10_000)]
    """Hits in order of capture, the newest of `hit_count`."""
    opened_at: Instant
    """When the first hit was captured, or received where the camera's clock is ahead of ours."""
    updated_at: Instant
    """Moment of the last change."""
    last_camera_id: Name | None = None
    """Where it was seen last."""
    last_captured_at: Instant | None = None
    """When it was seen last."""
    last_position: GeoPoint | None = None
    """Where that is."""
    assigned_to: Who | None = None
    """Officer or patrol."""
    note: Sentence = ""
    """Last remark."""
    alert_class: Literal["alert", "confirm"] = "confirm"
    """`alert`: one of its hits is sure enough to act on. `confirm`: compare the picture first."""
    dangerous: bool = False
    """One of its entries says so."""
    instruction: Instruction | None = None
    """Of its most urgent entry."""
    reason: Sentence = ""
    """Of its most urgent entry."""
    owners: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    """Who answer for its entries."""
    entry_ids: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    """Its entries, the most urgent first."""
    listed_plates: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z0-9?*]{2,12}$")], ...], Field(max_length=16)
    ] = ()
    """As its entries have it."""
    probability: Confidence | None = None
    """Best of its hits: that the vehicle carries a listed plate."""
    hit_count: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Hits that stand."""
    old_only: bool = False
    """True: nothing but late uploads and what was found afterwards. Not where the vehicle is now."""
    last_seen_at: Instant | None = None
    """Of the last sighting: when captured, or when received where the camera's clock is ahead of ours."""
    evidence: ObjectKey | None = None
    """Picture of the last sighting."""
    timeline: Annotated[tuple[CaseEvent, ...], Field(max_length=100)] = ()
    """What happened, the newest last; only the newest of `timeline_count`."""
    timeline_count: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Events in all."""
    escalation: Annotated[int, Field(ge=0, le=9)] = 0
    """How often it was escalated while nobody acknowledged it."""
    escalated_at: Instant | None = None
    """When last."""
    closed_at: Instant | None = None
    """When it ended."""
    closed_how: ClosedHow | None = None
    """What ended it."""
    next_cameras: Annotated[tuple[NextCamera, ...], Field(max_length=5)] = ()
    """Where it may show next, the likeliest first; empty: not urgent, late, or nothing known."""
    nearest_patrols: Annotated[tuple[NearPatrol, ...], Field(max_length=5)] = ()
    """Who is near the last sighting, the soonest there first."""
    patrols_at: Instant | None = None
    """When that was looked up."""
    anomalies: Annotated[tuple[CaseAnomaly, ...], Field(max_length=16)] = ()
    """What does not fit about the plate."""
