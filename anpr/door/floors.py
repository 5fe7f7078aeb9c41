"""Where the topics that we send to ended a moment ago: what is sent from now on lies behind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from pipeline.runtime.partitions import partition_of

__all__ = ["Floors"]

CALL_TIMEOUT_S = 3.0


class Floors:
    """Refreshed in one thread, looked at in another."""

    def __init__(self, admin: AdminClient, topics: Iterable[str]) -> None:
        self._admin, self._topics = admin, tuple(topics)
        self._ends: dict[str, dict[int, int]] = {}

    def refresh(self) -> None:
        """Ask the broker. Raises KafkaException."""
        for topic in self._topics:
            known = self._admin.list_topics(topic, timeout=CALL_TIMEOUT_S).topics[topic]
            self._ends[topic] = self._asked(topic, known.partitions)

    def _asked(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        wanted: dict[TopicPartition, OffsetSpec] = {
            TopicPartition(topic, number): OffsetSpec.latest() for number in partitions
        }
        level = IsolationLevel.READ_UNCOMMITTED
        answers: dict[TopicPartition, Any] = self._admin.list_offsets(
            wanted, isolation_level=level, request_timeout=CALL_TIMEOUT_S
        )
        return {place.partition: int(answer.result().offset) for place, answer in answers.items()}

    def of(self, topic: str, keys: Iterable[bytes]) -> dict[int, int]:
        """Partition → offset, of those where messages with these keys go."""
        ends = self._ends[topic]
        wanted = {partition_of(key, len(ends)) for key in keys}
        return {partition: ends[partition] for partition in wanted}
