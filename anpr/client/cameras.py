"""In which police zone each camera stands, as the topic says now."""

from __future__ import annotations

import logging
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from anpr.client.errors import SubscriptionFailed
from anpr.client.kafka import client_settings, judge
from anpr.client.reading import Reader, Unreadable
from anpr.client.sources import Kafka
from schemas.camera import Camera

__all__ = ["CameraZones"]

LOGGER = logging.getLogger("anpr.client")
TOPIC = "cameras"
CALL_TIMEOUT_S = 30.0
LOAD_S = 120.0
CHUNK = 1_000


class CameraZones:
    """Reads the compacted topic from its beginning, then whatever is added. Commits nothing."""

    def __init__(self, source: Kafka) -> None:
        """Raises SubscriptionFailed when the cameras cannot be read within two minutes."""
        self.zones: dict[str, str | None] = {}
        """Camera → police zone; None: it stands in none."""
        self._reader = Reader(Camera)
        self._consumer = Consumer(client_settings(source, f"{source.program}.cameras"))
        self._unread = self._open()
        deadline = time.monotonic() + LOAD_S
        while self._unread:
            self._take(0.5)
            if time.monotonic() > deadline:
                raise SubscriptionFailed("the cameras' zones cannot be read: does the broker answer?")

    def _open(self) -> set[int]:
        known = self._consumer.list_topics(TOPIC, timeout=CALL_TIMEOUT_S).topics[TOPIC]
        if known.error is not None:
            raise SubscriptionFailed(f"no topic {TOPIC} at the broker: without it no zone is known")
        self._consumer.assign([TopicPartition(TOPIC, partition, OFFSET_BEGINNING) for partition in known.partitions])
        return set(known.partitions)

    def refresh(self) -> None:
        """Take what was added since. Never waits."""
        self._take(0.0)

    def _take(self, wait_s: float) -> None:
        for raw in self._consumer.consume(CHUNK, wait_s):
            error = raw.error()
            if error is None:
                self._put(raw.key() or b"", raw.value())
            elif error.code() == KafkaError._PARTITION_EOF:
                self._unread.discard(raw.partition() or 0)
            else:
                judge(error)

    def _put(self, key: bytes, value: bytes | None) -> None:
        camera_id = key.decode("utf-8", "replace")
        if not value:
            self.zones.pop(camera_id, None)
            return
        try:
            self.zones[camera_id] = self._reader.read(value).police_zone
        except Unreadable as error:
            LOGGER.warning("a camera's record cannot be read: %s", error)

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()
