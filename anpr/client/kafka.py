"""Records of a topic for one member of a consumer group."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, Message, TopicPartition

from anpr.client.errors import SubscriptionFailed
from anpr.client.reading import Reader, Unreadable
from anpr.client.sources import Kafka
from schemas.base import Contract

__all__ = ["KafkaFeed", "client_settings", "judge"]

LOGGER = logging.getLogger("anpr.client")
LIBRARY_LOGGER = logging.getLogger("anpr.client.librdkafka")
POLL_S = 0.25
COMMIT_EVERY_S = 1.0
CALL_TIMEOUT_S = 30.0
Place = tuple[str, int]
R = TypeVar("R", bound=Contract)
FOR_GOOD = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._FATAL,  # this client will never be given anything again
        KafkaError._FENCED,
        KafkaError.FENCED_INSTANCE_ID,
    }
)


class Refreshed(Protocol):
    """Something that must be kept current between records."""

    def refresh(self) -> None:
        """Take what was added since. Never waits."""

    def close(self) -> None:
        """Let go."""


def client_settings(source: Kafka, group: str, **more: Any) -> dict[str, Any]:
    """librdkafka settings of a consumer that commits only what it is told to, and hears of ends."""
    return {
        "bootstrap.servers": source.bootstrap,
        "client.id": f"anpr-client.{source.program}",
        "group.id": group,
        "logger": LIBRARY_LOGGER,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "earliest",
        "session.timeout.ms": 6_000,
        "heartbeat.interval.ms": 500,
        "queued.max.messages.kbytes": 8_192,
        **source.settings,
        **more,
    }


class KafkaFeed(Generic[R]):
    """Commits the place behind what is done, about every second; what was handed out and not done comes again."""

    def __init__(
        self, source: Kafka, topic: str, model: type[R], takes: Callable[[R], bool], beside: Refreshed | None
    ) -> None:
        """takes: whether a record is to be given out. beside: what it goes by, refreshed before each look."""
        self._topic, self._reader, self._takes, self._beside = topic, Reader(model), takes, beside
        self._start = OFFSET_END if source.start == "now" else OFFSET_BEGINNING
        self._done: dict[Place, int] = {}
        self._told: dict[Place, int] = {}
        self._in_hand: tuple[Place, int] | None = None
        self._committed_at = time.monotonic()
        self.unreadable = 0
        """Messages that did not fit the contract; they are logged by place and passed over."""
        self._consumer = Consumer(client_settings(source, source.program, on_commit=_note_commit))
        self._consumer.subscribe([topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost)

    def next(self, wait_s: float | None) -> R | None:
        """The next record that is wanted. Raises SubscriptionFailed."""
        deadline = None if wait_s is None else time.monotonic() + wait_s
        while True:
            raw = self._consumer.poll(
                POLL_S if deadline is None else min(POLL_S, max(0.0, deadline - time.monotonic()))
            )
            if self._beside is not None:
                self._beside.refresh()
            record = None if raw is None else self._look(raw)
            self._commit_when_due()
            if record is not None:
                return record
            if deadline is not None and time.monotonic() >= deadline:
                return None

    def _look(self, raw: Message) -> R | None:
        place, offset = (raw.topic() or "", raw.partition() or 0), raw.offset() or 0
        error = raw.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                self._done.setdefault(place, offset)  # so that a first start at the end is a start at this very end
            else:
                judge(error)
            return None
        record = self._decode(raw, place, offset)
        if record is None or not self._takes(record):
            self._done[place] = offset + 1
            return None
        self._in_hand = (place, offset + 1)
        return record

    def _decode(self, raw: Message, place: Place, offset: int) -> R | None:
        value = raw.value()
        if not value:  # a compacted topic's null: the record is gone
            return None
        try:
            return self._reader.read(value)
        except Unreadable as error:
            self.unreadable += 1
            LOGGER.error("%s partition %d offset %d: %s, passed over", *place, offset, error)
            return None

    def done(self) -> None:
        """The record in hand is dealt with: the next commit is behind it."""
        if self._in_hand is not None:
            place, offset = self._in_hand
            self._done[place] = offset
            self._in_hand = None

    def _commit_when_due(self) -> None:
        if time.monotonic() - self._committed_at >= COMMIT_EVERY_S:
            self._committed_at = time.monotonic()
            self._commit(self._done, wait=False)

    def _commit(self, done: Mapping[Place, int], *, wait: bool) -> None:
        # Told and taken are two things: the last commit, which is waited for, says it all again.
        fresh = {place: offset for place, offset in done.items() if wait or self._told.get(place) != offset}
        if not fresh:
            return
        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in fresh.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=not wait)
            self._told |= fresh
        except KafkaException as error:  # the records come again, to whoever has the partition then
            LOGGER.warning("a place could not be kept: %s", error.args[0])

    def _on_assign(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        consumer.assign([_begin(place, self._start) for place in consumer.committed(places, timeout=CALL_TIMEOUT_S)])

    def _on_revoke(self, _consumer: Consumer, places: list[TopicPartition]) -> None:
        gone = {(place.topic, place.partition) for place in places}
        self._commit({place: offset for place, offset in self._done.items() if place in gone}, wait=True)
        self._forget(gone)

    def _on_lost(self, _consumer: Consumer, places: list[TopicPartition]) -> None:
        self._forget({(place.topic, place.partition) for place in places})

    def _forget(self, gone: set[Place]) -> None:
        """Another instance has them: what is in hand of them will be given out there again."""
        for place in gone:
            self._done.pop(place, None)
            self._told.pop(place, None)
        if self._in_hand is not None and self._in_hand[0] in gone:
            self._in_hand = None

    def close(self) -> None:
        """Commit what is done and leave the group."""
        self._commit(self._done, wait=True)
        self._consumer.close()
        if self._beside is not None:
            self._beside.close()


def _begin(place: TopicPartition, start: int) -> TopicPartition:
    if place.error is not None:
        raise KafkaException(place.error)
    return TopicPartition(place.topic, place.partition, place.offset if place.offset >= 0 else start)


def _note_commit(error: KafkaError | None, _places: list[TopicPartition]) -> None:
    if error is not None and error.code() != KafkaError._NO_OFFSET:
        LOGGER.warning("a place could not be kept: %s", error.str())


def judge(error: KafkaError) -> None:
    """Log what mends itself. Raises SubscriptionFailed for what does not."""
    if error.fatal() or error.code() in FOR_GOOD:
        raise SubscriptionFailed(
            f"Kafka refuses this program: {error.str()}; is the topic there, has the user the right?"
        )
    LOGGER.warning("waiting for Kafka: %s", error.str())
