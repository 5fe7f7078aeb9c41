"""`camera_tally`: how many reads of a camera came within half a minute, and what they were like. No plate."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import Contract, Instant, Name

__all__ = ["CameraTally"]

Count = Annotated[int, Field(ge=0, le=10_000_000)]
Offset = Annotated[int, Field(ge=0, le=2**63 - 1)]
Seconds = Annotated[float, Field(ge=-1e10, le=1e10)]


class CameraTally(Contract):
    """Reads of one camera in a stretch of the log; without a camera: that a partition was read so far.

    A stretch is told again, or a longer one that begins with it, after a crash. So of stretches that overlap the
    longest holds, and counts are added up over stretches that do not.
    """

    contract: ClassVar[str] = "camera_tally"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    camera_id: Name | None = None
    """The camera; absent: all reads of the partition that were stamped before `last_at` have been told."""
    log: Annotated[str, StringConstraints(max_length=64)]
    """Identifier of the log of reads (topic incarnation)."""
    partition: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """Its partition."""
    first_offset: Offset = 0
    """Of the first read counted."""
    last_offset: Offset = 0
    """Of the last read counted."""
    first_at: Instant
    """Stamp of the first read: the time of the log, not of the camera."""
    last_at: Instant
    """Stamp of the last read."""
    reads: Count = 0
    """Reads, those that could not be used too."""
    unreadable: Count = 0
    """Of these without a plate, or with less than even confidence."""
    late: Count = 0
    """Of these received more than two minutes after they were captured, by the camera's clock."""
    approaching: Count = 0
    """Of these whose vehicle came nearer, as the camera tells."""
    departing: Count = 0
    """Of these whose vehicle drove away."""
    delay_low_s: Seconds | None = None
    """From captured (camera's clock) to received (ours): a tenth took less, s. Negative: the camera is ahead."""
    delay_p50_s: Seconds | None = None
    """Half took less, s."""
    delay_high_s: Seconds | None = None
    """A tenth took longer, s."""
