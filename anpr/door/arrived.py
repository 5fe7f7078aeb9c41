"""What came in: an upload with its messages, ready to be sent, and what of it was refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from schemas.dead_letter import Reason

__all__ = ["Arrived", "Outgoing", "Refusal", "RefusalReason", "Spooled", "Topic", "digest_of"]

Topic = Literal["reads", "frames"]
RefusalReason = Reason | Literal["camera_not_yours"]
OVERHEAD_BYTES = 400
"""What a message takes beside its bytes: in the client of Kafka, and here until it is acknowledged."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for the broker."""

    ident: UUID
    """Of the read or the frame."""
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    captured_at: datetime | None = None
    """By the camera's clock; None: it is no read and no frame."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A read that cannot be taken, whoever sends it how often."""

    index: int
    """Its place in the upload, from 0."""
    reason: RefusalReason
    detail: str


@dataclass(frozen=True, slots=True)
class Spooled:
    """Where in a device's row of uploads this one stands."""

    spool: str
    number: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """One upload of a device that may make it."""

    device: str
    topic: Topic
    messages: tuple[Outgoing, ...]
    digest: str
    """Of the body, 32 hex digits."""
    spooled: Spooled | None
    """None: the device keeps no count."""
    received_at: datetime
    """By our clock."""
    skew_s: float | None = None
    """The device's clock less ours, s; None: it does not tell."""
    refused: tuple[Refusal, ...] = field(default=())

    @property
    def lane(self) -> str:
        """Uploads of one lane go one after the other; without a count each body is a lane of its own."""
        return f"{self.device}/{self.spooled.spool if self.spooled else self.digest}"

    @property
    def age_s(self) -> float | None:
        """From its oldest capture to its arrival, s."""
        captured = [one.captured_at for one in self.messages if one.captured_at is not None]
        return (self.received_at - min(captured)).total_seconds() if captured else None

    @property
    def size(self) -> int:
        """Bytes that it takes until the broker has it."""
        return sum(len(one.value) + OVERHEAD_BYTES for one in self.messages)


def digest_of(body: bytes) -> str:
    """BLAKE2b of 128 bits, hex."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()
