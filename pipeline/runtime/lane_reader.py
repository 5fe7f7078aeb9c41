"""Reads what comes to some partitions from a moment on: a consumer beside that of the group, which commits nothing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from pipeline.messages import Message
from pipeline.runtime.kafka import KafkaConfig, cause, consumer_client, unpack

__all__ = ["LaneReader"]

LOGGER = logging.getLogger(__name__)
Place = tuple[str, int]
CALL_TIMEOUT_S = 5.0


class LaneReader:
    """Messages of the partitions that were begun, each once and in order. It connects when it is asked."""

    def __init__(self, config: KafkaConfig, flow: str) -> None:
        """flow: a stateful one; the client names its second group, in which it neither is nor keeps a place."""
        self._config, self._group = config, f"{flow}.rewind"
        self._consumer: Consumer | None = None
        self._next: dict[Place, int] = {}

    @property
    def positions(self) -> Mapping[Place, int]:
        """Next offset of each partition that is read."""
        return self._next

    def offsets_at(self, places: Collection[Place], stamp_ms: int) -> Mapping[Place, int]:
        """Where in each the first message of then or later lies, or its end; nothing: the broker does not say now."""
        try:
            return self._offsets_at(places, stamp_ms)
        except KafkaException as error:
            LOGGER.warning("waiting for the broker to tell offsets: %s", cause(error).str())
            return {}

    def _offsets_at(self, places: Collection[Place], stamp_ms: int) -> Mapping[Place, int]:
        asked = [TopicPartition(*place, stamp_ms) for place in places]
        offsets = {}
        for found in self._client().offsets_for_times(asked, timeout=CALL_TIMEOUT_S):
            if found.error is not None:
                raise KafkaException(found.error)
            offsets[found.topic, found.partition] = found.offset if found.offset >= 0 else self._end_of(found)
        return offsets

    def _end_of(self, place: TopicPartition) -> int:
        _low, high = self._client().get_watermark_offsets(place, timeout=CALL_TIMEOUT_S)
        return int(high)

    def begin(self, starts: Mapping[Place, int]) -> None:
        """Read these from there on, too."""
        if starts:
            self._next |= starts
            self._assign()

    def _client(self) -> Consumer:
        if self._consumer is None:
            self._consumer = consumer_client(self._config, self._group)
        return self._consumer

    def take(self, most: int, wait_s: float) -> list[Message]:
        """What has come, at most so many; waits so long for a first one. Raises KafkaUnusable."""
        if self._consumer is None or not self._next:
            return []
        first = self._consumer.poll(wait_s)
        if first is None:
            return []
        raw = [first, *self._consumer.consume(most - 1, 0)]
        messages = [message for message in map(unpack, raw) if message is not None and self._is_next(message)]
        for message in messages:
            self._next[message.topic, message.partition] = message.offset + 1
        return messages

    def _is_next(self, message: Message) -> bool:
        """Not one that was fetched before what is read changed."""
        wanted = self._next.get((message.topic, message.partition))
        return wanted is not None and message.offset >= wanted

    def end(self, places: Sequence[Place]) -> None:
        """Read these no more."""
        ended = [self._next.pop(place) for place in places if place in self._next]
        if ended:
            self._assign()

    def _assign(self) -> None:
        self._client().assign([TopicPartition(*place, offset) for place, offset in self._next.items()])

    def close(self) -> None:
        """Let go of the connection; it comes again when it is needed."""
        self._next.clear()
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()
