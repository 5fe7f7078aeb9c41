"""`read`: one machine transcription of one plate in one frame."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import (
    UUID,
    Confidence,
    Contract,
    CountryCode,
    GeoPoint,
    Instant,
    Name,
    ObjectKey,
    Part,
    PlateRaw,
    PlateText,
)

__all__ = ["Alternative", "Box", "Candidate", "Direction", "Read", "VehicleClass"]

VehicleClass = Literal["car", "van", "truck", "bus", "motorcycle", "moped", "trailer", "other"]
Direction = Literal["approaching", "departing"]


class Box(Part):
    """An upright rectangle in pixels of the frame; x to the right, y down, origin top left."""

    x: Annotated[int, Field(ge=0, le=100_000)]
    """Left edge, px."""
    y: Annotated[int, Field(ge=0, le=100_000)]
    """Top edge, px."""
    w: Annotated[int, Field(ge=1, le=100_000)]
    """Width, px."""
    h: Annotated[int, Field(ge=1, le=100_000)]
    """Height, px."""


class Alternative(Part):
    """Another character that the reader thought of at one place of a candidate."""

    place: Annotated[int, Field(ge=0, le=11)]
    """Index into `text`, from 0."""
    char: Annotated[str, StringConstraints(min_length=1, max_length=1)]
    """One of A-Z, 0-9."""
    confidence: Confidence
    """Share the reader gave it."""


class Candidate(Part):
    """One possible text of the plate, with what the reader knows of each character."""

    text: PlateText
    """Compact text."""
    confidence: Confidence
    """Of the whole text."""
    char_confidences: Annotated[tuple[Confidence, ...], Field(max_length=12)] = ()
    """One per character of `text`, in order. Empty: the reader tells no detail."""
    alternatives: Annotated[tuple[Alternative, ...], Field(max_length=96)] = ()
    """Other characters, per place best first, without the one in `text`. Empty: the reader tells none."""


class Read(Contract):
    """What one reader made of one plate in one frame. Not yet a vehicle: several reads make one passage."""

    contract: ClassVar[str] = "read"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    read_id: UUID
    """UUIDv5 of the frame (or camera and capture time) and the place within it."""
    camera_id: Name
    """The camera that saw it."""
    captured_at: Instant
    """Camera clock at exposure."""
    received_at: Instant
    """Our clock when the frame or the read reached the platform."""
    plate_raw: PlateRaw
    """As read, untouched."""
    confidence: Confidence
    """Of the whole transcription."""
    candidates: Annotated[tuple[Candidate, ...], Field(max_length=32)] = ()
    """Possible texts, best first; empty when a smart camera sends text only."""
    country: CountryCode | None = None
    """Country that the reader saw (euro band, shape), if it tells."""
    box: Box | None = None
    """Where in the frame; absent when a smart camera does not tell."""
    frame_id: UUID | None = None
    """The frame it was read from."""
    evidence: ObjectKey | None = None
    """Picture of this very plate in this very frame."""
    track_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    """The camera's own number for the vehicle: reads of one camera with the same one are one passage."""
    vehicle_class: VehicleClass | None = None
    """Kind of vehicle, if the reader tells."""
    direction: Direction | None = None
    """Towards the camera or away from it, if known."""
    lane: Annotated[int, Field(ge=0, le=32)] | None = None
    """Lane, counted from the kerb, from 1; 0 = hard shoulder."""
    position: GeoPoint | None = None
    """Where a moving camera was."""
    reader: Annotated[str, StringConstraints(max_length=64)] = ""
    """Engine and version, `rapidocr/3.10`; empty for an unknown smart camera."""
