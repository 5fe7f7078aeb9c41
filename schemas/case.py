"""`case`: the work item that groups the hits of one vehicle."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import UUID, Contract, GeoPoint, Instant, Name, PlateText, Revision, Sentence
from schemas.hotlist import ListKind

__all__ = ["Case", "CaseState"]

CaseState = Literal["new", "acknowledged", "pursuing", "closed", "false"]


class Case(Contract):
    """One vehicle that somebody must deal with, from the first hit to the end."""

    contract: ClassVar[str] = "case"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    case_id: UUID
    """UUIDv5 of the listed plate and the first hit; key of the topic."""
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
    """Hits in order of capture."""
    opened_at: Instant
    """Capture time of the first hit."""
    updated_at: Instant
    """Moment of the last change."""
    last_camera_id: Name | None = None
    """Where it was seen last."""
    last_captured_at: Instant | None = None
    """When it was seen last."""
    last_position: GeoPoint | None = None
    """Where that is."""
    assigned_to: Annotated[str, StringConstraints(max_length=64)] | None = None
    """Officer or patrol."""
    note: Sentence = ""
    """Last remark."""
