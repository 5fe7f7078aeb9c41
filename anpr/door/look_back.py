"""Which messages of an upload that was cut short are in the log: asked of the log itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from uuid import UUID

from confluent_kafka import Consumer, TopicPartition

from pipeline.messages import Message
from pipeline.runtime.event_time import FRAME_HEADER
from pipeline.runtime.kafka import KafkaConfig, at_end, consumer_client, unpack
from schemas.codec import Refused, decoder
from schemas.frame import Frame
from schemas.read import Read

__all__ = ["LookedTooLong", "found_in_log"]

LONGEST_S = 120.0
CHUNK = 1_000
_read: Callable[[bytes], Read] = decoder(Read, frozenset({"read_id"}))
_frame: Callable[[bytes], Frame] = decoder(Frame, frozenset({"frame_id"}))


class LookedTooLong(RuntimeError):
    """The end of the log was not reached in two minutes."""


def found_in_log(kafka: KafkaConfig, topic: str, floors: Mapping[int, int], idents: frozenset[UUID]) -> set[UUID]:
    """Those of the reads or frames that lie behind the floors. Raises LookedTooLong, KafkaUnusable, KafkaException.

    floors: partition → offset. Waits; not for the event loop.
    """
    settings = {"enable.partition.eof": True, "queued.max.messages.kbytes": 16_384}
    consumer = consumer_client(kafka, "door.look-back", **settings)
    try:
        consumer.assign([TopicPartition(topic, partition, offset) for partition, offset in floors.items()])
        return _look(consumer, set(floors), idents)
    finally:
        consumer.close()


def _look(consumer: Consumer, unread: set[int], idents: frozenset[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    deadline = time.monotonic() + LONGEST_S
    while unread and found != idents:
        if time.monotonic() > deadline:
            raise LookedTooLong("the log could not be read to its end in two minutes")
        for raw in consumer.consume(CHUNK, 0.2):
            if at_end(raw):
                unread.discard(raw.partition() or 0)
            elif (message := unpack(raw)) is not None and (ident := _ident_of(message)) in idents:
                found.add(ident)
    return found


def _ident_of(message: Message) -> UUID:
    """Nobody's for what is no read and no frame: others write into these topics too."""
    try:
        if message.topic == "frames":
            return _frame(dict(message.headers).get(FRAME_HEADER, b"")).frame_id
        return _read(message.value).read_id
    except Refused:
        return UUID(int=0)
