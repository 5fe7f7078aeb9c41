"""`search_record`: who looked for what, and why. It exists before the first result is shown."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import UUID, Contract, Instant, Name, Part

__all__ = ["Purpose", "Role", "Scene", "SearchKind", "SearchRecord"]

Role = Literal["officer", "investigator", "hotlist_manager", "lez_agent", "auditor", "administrator"]
Purpose = Literal["crime", "stolen_vehicle", "missing_person", "traffic_offence", "administrative_police", "test"]
"""Closed list after art. 44/11/3septies and following of the law on the police function."""
SearchKind = Literal["plate", "scenes", "companions"]
"""What it opens: passages of plates, passages at places and times, vehicles that accompany one."""


class Scene(Part):
    """Some cameras for some time."""

    cameras: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10_000)]
    """Where."""
    captured_from: Instant
    """Passages from then …"""
    captured_until: Instant
    """… until before then."""


class SearchRecord(Contract):
    """One search by one person. Results are reachable only through its identifier, and not for long."""

    contract: ClassVar[str] = "search_record"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    search_id: UUID
    """Random; the key to the results."""
    created_at: Instant
    """When it was asked."""
    expires_at: Instant
    """From then on the database refuses it."""
    officer: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Who."""
    role: Role
    """In which role."""
    purpose: Purpose
    """Legal purpose."""
    reason: Annotated[str, StringConstraints(min_length=8, max_length=1000)]
    """Why, in words."""
    case_number: Annotated[str, StringConstraints(max_length=64)] | None = None
    """File number."""
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Plates it opens: compact, `?` one character, `*` any, `[B8]` one of these, `|` or."""
    captured_from: Instant
    """Passages from then …"""
    captured_until: Instant
    """… until before then."""
    result_count: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    """How many results were shown; absent while it runs."""
    kind: SearchKind = "plate"
    """What it opens."""
    tolerance: Annotated[int, Field(ge=0, le=1)] = 0
    """1: also plates one misread, missing or extra character away."""
    scenes: Annotated[tuple[Scene, ...], Field(max_length=16)] = ()
    """Places and times; empty: by plate alone."""
    police_zone: Name | None = None
    """On whose cameras; absent: all (federal)."""
    decision_id: Annotated[str, StringConstraints(max_length=64)] | None = None
    """Magistrate's decision that opens what is older than a month."""
