"""What the simulation hands out: reads, orders for pictures, positions of patrols."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from replay.daylight import Light
from replay.seeds import fact_id
from schemas.camera import PatrolPosition
from schemas.frame import Frame
from schemas.read import Direction, Read, VehicleClass

__all__ = ["Observation", "RenderRequest", "VisibleVehicle"]


@dataclass(frozen=True, slots=True)
class VisibleVehicle:
    """A vehicle in a picture, and how large and where its plate is."""

    plate: str
    """Compact text."""
    display: str
    """What is on the plate, with separators."""
    country: str
    colour: str
    vehicle_class: VehicleClass
    direction: Direction
    """`approaching`: its front is seen."""
    plate_width_px: int
    center_x: float
    """Middle of the plate, share of the picture's width from the left."""
    center_y: float
    """… of the height from the top."""
    yaw: float
    """Turn out of the picture plane: −0.2 … 0.2, the share by which one side is shorter."""
    roll_deg: float
    """Turn within the picture plane."""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """A picture that a frame camera took: everything the renderer needs."""

    camera_id: str
    captured_at: datetime
    received_at: datetime
    sequence: int
    """Number of the picture, by camera, from 0."""
    light: Light
    visible: tuple[VisibleVehicle, ...]
    """Empty: nothing but the street."""
    blur_px: float
    """Length of the motion blur."""

    def frame(self, picture: bytes) -> Frame:
        """The message header that goes with the rendered picture."""
        digest = hashlib.sha256(picture).hexdigest()
        return Frame(
            frame_id=fact_id("frame", self.camera_id, self.captured_at.isoformat(), digest),
            camera_id=self.camera_id,
            captured_at=self.captured_at,
            received_at=self.received_at,
            source="simulator",
            sequence=self.sequence,
        )


@dataclass(frozen=True, slots=True)
class Observation:
    """Something that reaches the platform."""

    at: datetime
    """When: the order in which observations come. A late upload has an older `captured_at`."""
    item: Read | RenderRequest | PatrolPosition
