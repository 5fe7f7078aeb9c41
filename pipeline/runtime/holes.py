"""Whether a log has nothing between two messages that came one after the other, or the client left something out."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import closing

from confluent_kafka import TopicPartition

from pipeline.runtime.kafka import KafkaConfig, consumer_client

__all__ = ["Holes"]

ANSWER_S = 10.0
SLICE_S = 0.5


class Holes:
    """Of the topics of one app."""

    def __init__(self, config: KafkaConfig, group: str, compacted: Collection[str]) -> None:
        """group: the app's, which may read them. compacted: topics in which holes are usual; nobody is asked there."""
        self._config, self._group, self._compacted = config, group, frozenset(compacted)

    def is_one(self, topic: str, partition: int, first: int, follower: int) -> bool:
        """Whether `follower` is the first message of the log from `first` on. Reads it; no, where no broker says so."""
        if topic in self._compacted:
            return True
        deadline = time.monotonic() + ANSWER_S
        with closing(consumer_client(self._config, self._group)) as reader:  # neither joins nor commits
            reader.assign([TopicPartition(topic, partition, first)])
            while time.monotonic() < deadline:
                raw = reader.poll(SLICE_S)
                if raw is not None and raw.error() is None:
                    return (raw.offset() or 0) >= follower
        return False
