"""`camera`, `patrol_position`: where the eyes and the patrols are."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import Contract, GeoPoint, Instant, Name

__all__ = ["Camera", "PatrolPosition"]

Label = Annotated[str, StringConstraints(max_length=120)]
Heading = Annotated[float, Field(ge=0, lt=360)]


class Camera(Contract):
    """A camera that may send frames or reads. A null value in the topic removes it."""

    contract: ClassVar[str] = "camera"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    camera_id: Name
    """Identifier; key of the topic."""
    name: Label
    """For people: street and direction."""
    kind: Literal["fixed", "mobile", "patrol_car", "upload"]
    """`upload`: pictures brought in by hand."""
    position: GeoPoint | None = None
    """Where it hangs; absent for one that moves."""
    heading_deg: Heading | None = None
    """Where it looks, degrees clockwise from north."""
    police_zone: Name | None = None
    """Police zone that owns it."""
    lez_zones: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    """Low-emission zones that it watches; empty: none."""
    road: Label = ""
    """Road it watches."""
    reads_plates: bool = False
    """True: a smart camera that sends reads; false: it sends frames."""


class PatrolPosition(Contract):
    """Where a patrol was at a moment."""

    contract: ClassVar[str] = "patrol_position"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    patrol_id: Name
    """Call sign; key of the topic."""
    at: Instant
    """Moment of the fix."""
    position: GeoPoint
    """Place of the fix."""
    heading_deg: Heading | None = None
    """Direction of travel, degrees clockwise from north."""
    speed_kmh: Annotated[float, Field(ge=0, le=400)] | None = None
    """Speed, km/h."""
    status: Literal["available", "busy", "off_duty"]
    """Only `available` units are proposed."""
    police_zone: Name | None = None
    """Zone of the unit."""
