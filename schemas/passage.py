"""`passage`: one vehicle past one camera once. The unit to show, to count and to alert on."""

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
    PlateRaw,
    PlateText,
    Revision,
)
from schemas.read import Box, Candidate, Direction, VehicleClass

__all__ = ["Certainty", "Passage"]

Certainty = Literal["sure", "doubtful"]


class Passage(Contract):
    """The consensus of one or more reads of a vehicle by a camera, emitted early and then revised.

    Revision 1 comes with the first confident read; a later one replaces it whole. When a revision changes
    `plate`, the old plate's key gets the same `passage_id` and revision with `withdrawn` set, so either order
    of arrival ends the same.
    """

    contract: ClassVar[str] = "passage"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    passage_id: UUID
    """Derived from the passage's first read (UUIDv8). Stable over revisions."""
    revision: Revision
    """The highest one holds."""
    withdrawn: bool = False
    """True: this plate did not pass here after all; forget what earlier revisions said under this plate."""
    camera_id: Name
    """The camera passed."""
    captured_at: Instant
    """Capture time of the first read: the time of the passage. Stable over revisions."""
    last_captured_at: Instant
    """Capture time of the last read so far."""
    received_at: Instant
    """Our clock when the read that led to this revision reached the platform."""
    plate_raw: PlateRaw
    """Text of the best read, untouched."""
    plate: PlateText
    """Consensus, compact."""
    plate_key: PlateText
    """Confusion-class key of `plate`: O D Q→0, I L→1, Z→2, S→5, G→6, B→8. For tolerant look-up only."""
    plate_display: Annotated[str, StringConstraints(max_length=24)]
    """National form with separators, where the shape is known; else `plate`."""
    country: CountryCode | None = None
    """Best guess of the country."""
    confidence: Confidence
    """Of the consensus."""
    certainty: Certainty
    """`sure`: may lead to an alert or a notice by itself. `doubtful`: a person compares the picture first."""
    repaired: bool = False
    """True: syntax changed at least one character of the best read."""
    candidates: Annotated[tuple[Candidate, ...], Field(max_length=32)] = ()
    """Other texts it may be, best first, for tolerant matching."""
    read_count: Annotated[int, Field(ge=1, le=1_000_000)]
    """Reads merged so far."""
    best_read_id: UUID
    """The read whose text and picture are shown."""
    best_captured_at: Instant
    """Capture time of that read."""
    frame_id: UUID | None = None
    """Frame of the best read."""
    box: Box | None = None
    """Plate in that frame."""
    evidence: ObjectKey | None = None
    """Picture of the best read: always of the plate that is shown."""
    vehicle_class: VehicleClass | None = None
    """Kind of vehicle, if a reader tells."""
    direction: Direction | None = None
    """Towards the camera or away from it, if known."""
    lane: Annotated[int, Field(ge=0, le=32)] | None = None
    """Lane, counted from the kerb, from 1."""
    position: GeoPoint | None = None
    """Where a moving camera was."""
    late: bool = False
    """True: it reached us so long after its capture that it must not be shown as where the vehicle is now."""
    reader: Annotated[str, StringConstraints(max_length=64)] = ""
    """Engine of the best read."""
