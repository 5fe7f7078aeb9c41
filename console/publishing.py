"""Messages that a command puts into a topic: sent, and returned only when all are acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput

__all__ = ["Tell", "publish"]

TOLD_EVERY = 1_000
Tell = Callable[[int], None]
"""How many were sent."""


def publish(kafka: KafkaConfig, topic: str, messages: Iterable[tuple[str, bytes]], tell: Tell = lambda _: None) -> int:
    """Put messages, each with its key, into the topic; returns their number when all are acknowledged.

    Raises DeliveryFailed; what was sent before stays, and the same may be sent again.
    """
    output, count = KafkaOutput(kafka), 0
    for key, value in messages:
        output.produce(topic, key.encode(), value, ())
        count += 1
        if count % TOLD_EVERY == 0:
            output.serve()
            tell(count)
    output.flush()
    tell(count)
    return count
