"""`frame`: one camera picture.

The Kafka value is the encoded picture itself; this contract is its header `frame`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from schemas.base import UUID, Contract, GeoPoint, Instant, Name, Sentence

__all__ = ["Frame"]


class Frame(Contract):
    """What is known of a picture besides its bytes."""

    contract: ClassVar[str] = "frame"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    frame_id: UUID
    """UUIDv5 of camera, capture time and picture digest: the same picture twice is the same frame."""
    camera_id: Name
    """The camera that took it."""
    captured_at: Instant
    """Camera clock at exposure. The only time that is ever shown as the time of a passage."""
    received_at: Instant
    """Our clock when the picture reached the platform."""
    media_type: Literal["image/jpeg", "image/png", "image/other"] = "image/jpeg"
    """What the sender says the bytes are; the decoder looks for itself."""
    source: Sentence = ""
    """Where the picture came from, for people: a file name, a stream address."""
    position: GeoPoint | None = None
    """Where a moving camera was; absent for a fixed one."""
    sequence: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    """Number of the picture within its recording, from 0."""
