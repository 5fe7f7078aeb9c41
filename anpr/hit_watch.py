"""Watches the topic `hits` as a subscriber would, and times each hit against the arrival of its read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from confluent_kafka import TopicPartition

from pipeline.runtime.kafka import KafkaConfig, consumer_client, unpack
from schemas.codec import decoder
from schemas.hit import Hit

__all__ = ["HitWatch", "quantile"]


class HitWatch:
    """A thread that reads every hit. `delays_ms`: from a read's arrival to its hit, in order of arrival."""

    def __init__(self, kafka: KafkaConfig, on_hit: Callable[[Hit, float], None] = lambda _hit, _ms: None) -> None:
        self._on_hit = on_hit
        self._consumer = consumer_client(kafka, "hit-watch")
        partitions = self._consumer.list_topics("hits", timeout=30).topics["hits"].partitions
        self._consumer.assign([TopicPartition("hits", partition, 0) for partition in partitions])
        self._decode = decoder(Hit)
        self._stopping = threading.Event()
        self.delays_ms: list[float] = []
        self.ids: set[object] = set()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            raw = self._consumer.poll(0.2)
            now = time.time()
            message = None if raw is None else unpack(raw)
            if message is not None:
                hit = self._decode(message.value)
                if hit.hit_id not in self.ids:
                    delay_ms = (now - hit.received_at.timestamp()) * 1000
                    self.ids.add(hit.hit_id)
                    self.delays_ms.append(delay_ms)
                    self._on_hit(hit, delay_ms)

    def close(self) -> None:
        """Stop watching."""
        self._stopping.set()
        self._thread.join(5)
        self._consumer.close()


def quantile(values: list[float], share: float, digits: int = 1) -> float | None:
    """The value below which `share` of the values lie (nearest rank), rounded; None for no value."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], digits)
