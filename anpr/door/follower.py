"""Follows the topics of the door's own: camera keys, and uploads, of which other doors tell."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as RawMessage

from anpr.door.floors import Floors
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, at_end, cause, consumer_client, unpack

__all__ = ["Follower"]

LOGGER = logging.getLogger(__name__)
CALL_TIMEOUT_S = 3.0
RETRY_S = 1.0
POLL_S = 0.2
CHUNK = 1_000
FLOORS_EVERY = 50
"""Turns of the loop, ten seconds."""
Tell = Callable[[str, bytes, bytes | None], None]


class Follower:
    """Reads compacted topics from their beginning, then whatever is added. `run` in a thread of its own."""

    def __init__(self, kafka: KafkaConfig, topics: Iterable[str], tell: Tell, floors: Floors) -> None:
        """tell: topic, key and value of each message, in the thread of `run`."""
        self._kafka, self._topics, self._tell, self._floors = kafka, tuple(topics), tell, floors
        self._ended = threading.Event()
        self._next: dict[tuple[str, int], int] = {}
        self._unread: set[tuple[str, int]] = set()
        self._asked: list[Future[None]] = []
        self._turn = threading.Lock()
        self.on_loaded: Callable[[], None] = lambda: None
        """Called once all that was there at the start has been told, in the thread of `run`."""
        self.trouble = "waiting for the broker"
        """Why it does not follow; empty: it does."""

    def run(self) -> None:
        """Follow until `stop`. Waits, visibly, for a broker or a topic that is not there yet."""
        consumer = self._connect()
        if consumer is None:
            return
        try:
            self._follow(consumer)
        finally:
            consumer.close()

    def stop(self) -> None:
        """Follow no more."""
        self._ended.set()

    def catch_up(self) -> Future[None]:
        """Done once all that others have written by now has been told."""
        asked: Future[None] = Future()
        with self._turn:
            self._asked.append(asked)
        return asked

    def _connect(self) -> Consumer | None:
        consumer = consumer_client(self._kafka, "door.follower", **{"enable.partition.eof": True})
        while not self._ended.is_set():
            try:
                self._begin(consumer)
                return consumer
            except (KafkaException, KafkaUnusable) as error:
                why = cause(error).str() if isinstance(error, KafkaException) else str(error)
                self.trouble = f"waiting: {why}"
                LOGGER.warning("waiting: %s", why)
                self._ended.wait(RETRY_S)
        consumer.close()
        return None

    def _begin(self, consumer: Consumer) -> None:
        for topic in self._topics:
            known = consumer.list_topics(topic, timeout=CALL_TIMEOUT_S).topics[topic]
            if known.error is not None:
                raise KafkaUnusable(f"no topic {topic} at the broker: run `anpr topics create`")
            self._unread |= {(topic, partition) for partition in known.partitions}
        self._floors.refresh()
        consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in self._unread])

    def _follow(self, consumer: Consumer) -> None:
        turns = 0
        while not self._ended.is_set():
            self._take(consumer)
            self._answer(consumer)
            turns += 1
            if turns % FLOORS_EVERY == 0:
                self._refresh_floors()

    def _refresh_floors(self) -> None:
        """Old floors are right too, and only make the door look through more of the log."""
        try:
            self._floors.refresh()
            self.trouble = "" if not self._unread else self.trouble
        except KafkaException as error:
            self.trouble = f"the broker does not answer: {cause(error).str()}"

    def _take(self, consumer: Consumer) -> None:
        first = consumer.poll(POLL_S)
        if first is None:
            return
        for raw in (first, *consumer.consume(CHUNK, 0)):
            self._note(raw)

    def _note(self, raw: RawMessage) -> None:
        place = (raw.topic() or "", raw.partition() or 0)
        if at_end(raw):
            self._next[place] = raw.offset() or 0
            self._note_end(place)
            return
        message = unpack(raw)
        if message is not None:
            self._tell(message.topic, message.key or b"", message.value or None)
            self._next[place] = message.offset + 1

    def _note_end(self, place: tuple[str, int]) -> None:
        if place in self._unread:
            self._unread.discard(place)
            if not self._unread:
                self.trouble = ""
                self.on_loaded()

    def _answer(self, consumer: Consumer) -> None:
        """Those who asked before the ends were looked up have what they asked for once these are reached."""
        with self._turn:
            asked, self._asked = [one for one in self._asked if one.set_running_or_notify_cancel()], []
        if not asked:
            return
        try:
            ends = self._ends(consumer)
            while not self._ended.is_set() and any(self._next.get(place, 0) < end for place, end in ends.items()):
                self._take(consumer)
        except KafkaException as error:
            for one in asked:
                one.set_exception(error)
            return
        for one in asked:
            one.set_result(None)

    def _ends(self, consumer: Consumer) -> Mapping[tuple[str, int], int]:
        return {place: _end(consumer, TopicPartition(*place)) for place in self._next}


def _end(consumer: Consumer, place: TopicPartition) -> int:
    found = consumer.get_watermark_offsets(place, timeout=CALL_TIMEOUT_S)
    if found is None:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
    return int(found[1])
