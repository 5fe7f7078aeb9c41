"""`camera_key`: which cameras a device may upload for at the ingest door. Its token itself is kept nowhere."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import Contract, Instant, Name

__all__ = ["CameraKey"]


class CameraKey(Contract):
    """The right of one device, a camera or the computer of a patrol car, to upload. Its last message holds."""

    contract: ClassVar[str] = "camera_key"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    device: Name
    """Who uploads."""
    token_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of its token, which has 256 random bits: nothing slower is needed, as nobody can guess it."""
    cameras: Annotated[tuple[Name, ...], Field(min_length=1, max_length=1000)]
    """Cameras whose reads and frames it may upload."""
    given_at: Instant
    """When its token was made, by our clock."""
    revoked_at: Instant | None = None
    """When its token was ended; absent: it holds."""
