"""What the runtime hands to a stage: messages as they came, in a batch with the time of its arrival."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

__all__ = ["Batch", "Message"]


class Message(NamedTuple):
    """One Kafka message, bytes untouched."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    """When the producer (or broker) stamped it; epoch, ms. Same on every reading of the log."""
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages in log order per partition, and the time that the stage may take for now."""

    messages: Sequence[Message]
    now: datetime
    """Our clock when the batch was taken, UTC."""
    caught_up: Collection[tuple[str, int]] = ()
    """Partitions of which nothing is left unread: there, `now` is also the time that the log has reached."""
    replayed: bool = False
    """True: what follows from these was delivered before. They come again so that a stage has its state back; its
    outcome is let go."""
