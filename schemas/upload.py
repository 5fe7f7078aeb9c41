"""`upload`: how far a device's uploads have come, so that what it sends again after a lost answer changes nothing."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import Contract, Instant, Name, Part

__all__ = ["Floor", "Sequence", "SpoolName", "Upload", "UploadDigest", "UploadNumber"]

UploadNumber = Annotated[int, Field(ge=1, le=2**53)]
"""Number of an upload within its spool, growing."""
SpoolName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]
"""A row of uploads of one device; a new one after its memory was lost."""
UploadDigest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""BLAKE2b of 128 bits over an upload's body."""


class Floor(Part):
    """Before this offset of a partition nothing of the upload lies."""

    partition: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """Partition of `topic`."""
    offset: Annotated[int, Field(ge=0, le=2**63 - 1)]
    """An offset at or before the first message of the upload."""


class Sequence(Part):
    """An upload that is done."""

    number: UploadNumber
    """Its number."""
    digest: UploadDigest
    """Of its body."""


class Upload(Contract):
    """The newest upload of a spool: `open` before its messages are sent, `done` once all of them are acknowledged.

    What stays `open` was cut short by a crash: whoever gets it again looks in the log, from the floors on, which of
    its messages are there.
    """

    contract: ClassVar[str] = "upload"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    spool_key: Annotated[str, StringConstraints(min_length=3, max_length=129)]
    """`device/spool`."""
    device: Name
    """Who uploads."""
    spool: SpoolName
    """Which of its spools."""
    number: UploadNumber
    """Of this upload."""
    digest: UploadDigest
    """Of its body: another body under the same number is another upload."""
    state: Literal["open", "done"]
    """Whether all of it is known to be in the log."""
    door: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Which process takes it, `name/start`: only that one knows whether it still tries; of one name there is one."""
    opened_at: Instant
    """When it came, by our clock."""
    topic: Literal["reads", "frames"] = "reads"
    """Where its messages go."""
    floors: Annotated[tuple[Floor, ...], Field(max_length=10_000)] = ()
    """Of each partition that its messages go to."""
    before: Annotated[tuple[Sequence, ...], Field(max_length=64)] = ()
    """The last uploads before it, the newest first."""
    clock_skew_s: Annotated[float, Field(ge=-1e10, le=1e10)] | None = None
    """The device's clock less ours when it came, s; absent: the device does not tell."""
