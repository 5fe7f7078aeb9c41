"""Dead letters: the original key and bytes, with a header that says where they came from and why they failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from pipeline.identity import fact_id
from pipeline.outcome import Emit, Rejection
from schemas.codec import compiled, encode
from schemas.dead_letter import DeadLetter

__all__ = ["HEADER", "TOPIC", "letter_header", "letters"]

HEADER = "dead_letter"
TOPIC = "dead-letters"
Letter = compiled(DeadLetter)
Headers = tuple[tuple[str, bytes], ...]


def letter_header(flow: str, log: str, rejection: Rejection, now: datetime) -> bytes:
    """The header of one letter: JSON of the contract `dead_letter`."""
    message = rejection.message
    identity = (flow, message.topic, log, message.partition, message.offset)
    return encode(
        Letter(
            dead_letter_id=fact_id("dead_letter", *identity),
            reason=rejection.reason,
            detail=rejection.detail[:1000],
            stage=flow,
            source_topic=message.topic,
            source_partition=message.partition,
            source_offset=message.offset,
            source_log=log,
            failed_at=now,
            value_size=len(message.value),
        )
    )


def letters(
    flow: str, logs: Mapping[str, str], rejections: Iterable[Rejection], now: datetime
) -> Iterable[tuple[Emit, Headers]]:
    """One message per rejection; the sender's own headers are kept behind ours."""
    for rejection in rejections:
        message = rejection.message
        header = letter_header(flow, logs.get(message.topic, ""), rejection, now)
        kept = tuple((f"original_{name}", value) for name, value in message.headers)
        yield Emit(TOPIC, message.key or b"", message.value), ((HEADER, header), *kept)
