"""`hit`: a passage matched an entry of a hotlist."""

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
from schemas.hotlist import Instruction, ListKind

__all__ = ["Hit", "NearPatrol"]


class NearPatrol(Part):
    """A patrol on duty and free, near where the vehicle passed."""

    patrol_id: Name
    """Call sign."""
    distance_m: Annotated[float, Field(ge=0, le=21_000_000)]
    """Straight distance, m."""
    road_s: Annotated[float, Field(ge=0, le=1_000_000)]
    """Estimated time by road, s."""
    position_age_s: Annotated[float, Field(ge=0, le=1_000_000)]
    """Age of its position at the moment of the passage's receipt, s."""


class Hit(Contract):
    """One per passage and entry; revised or withdrawn as the passage is corrected."""

    contract: ClassVar[str] = "hit"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    hit_id: UUID
    """UUIDv5 of passage, entry and plate: a hit on a corrected plate is another one."""
    revision: Revision
    """Revision of the passage that led to this statement. The highest one holds; of equal ones the later message: then
    the list has changed."""
    withdrawn: bool = False
    """True: no hit after all (the plate was corrected, the passage withdrawn)."""
    passage_id: UUID
    """The passage."""
    entry_id: Name
    """The hotlist entry."""
    list_kind: ListKind
    """Kind of list."""
    priority: Annotated[int, Field(ge=0, le=100)]
    """Of the entry; lower first."""
    owner: Name
    """Who answers for the entry."""
    plate: PlateText
    """As the passage has it."""
    listed_plate: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9?*]{2,12}$")]
    """As the entry has it."""
    match: Literal["exact", "misread", "pattern"]
    """How the two were found to be the same."""
    probability: Confidence
    """That the vehicle seen carries the listed plate."""
    differing: Annotated[tuple[Annotated[int, Field(ge=0, le=12)], ...], Field(max_length=12)] = ()
    """Places (from 0) in `plate` that differ from the entry."""
    why: Sentence = ""
    """In words: `exact`, `8 for B at place 3`, `fits 1AB*`. Places count from 1 on the listed plate."""
    alert_class: Literal["alert", "confirm"]
    """`alert`: sure enough to act. `confirm`: a person compares the picture first."""
    instruction: Instruction
    """Of the entry."""
    dangerous: bool = False
    """Of the entry."""
    reason: Sentence
    """Of the entry."""
    camera_id: Name
    """Where."""
    captured_at: Instant
    """When it passed: camera clock."""
    received_at: Instant
    """When the read reached the platform."""
    evidence: ObjectKey | None = None
    """Picture to compare."""
    position: GeoPoint | None = None
    """Where a moving camera was."""
    late: bool = False
    """True: an old passage that was uploaded late. Not where the vehicle is now."""
    retroactive: bool = False
    """True: found by a new entry among stored passages."""
    nearest_patrols: Annotated[tuple[NearPatrol, ...], Field(max_length=5)] = ()
    """Of an urgent hit that is not late: who is near, the soonest there first."""
