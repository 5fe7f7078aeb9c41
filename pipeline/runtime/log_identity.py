"""Which log an offset belongs to.

A topic that was deleted and made anew, or a broker that lost its memory, starts again at offset 0. Whoever
remembers offsets (the sink, a dead letter) must remember the log with them, or would take new messages for old.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from confluent_kafka import TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

__all__ = ["is_unwritten", "log_ids"]

CALL_TIMEOUT_S = 30.0


def log_ids(admin: AdminClient, topics: Sequence[str]) -> dict[str, str]:
    """Topic → identifier of its present incarnation, `<cluster>/<topic id>`. Raises KafkaException."""
    cluster = admin.list_topics(timeout=CALL_TIMEOUT_S).cluster_id or "?"
    answers = admin.describe_topics(TopicCollection(list(topics)), request_timeout=CALL_TIMEOUT_S)
    return {topic: f"{cluster}/{future.result().topic_id}" for topic, future in answers.items()}


def is_unwritten(admin: Any, topic: str) -> bool:
    """Whether nothing was ever written to the present incarnation of a topic. Raises KafkaException.

    admin: an AdminClient, whose types say less than it can.
    """
    partitions = admin.list_topics(timeout=CALL_TIMEOUT_S).topics[topic].partitions
    asked = {TopicPartition(topic, number): OffsetSpec.latest() for number in partitions}
    ends = admin.list_offsets(asked, request_timeout=CALL_TIMEOUT_S)
    return all(end.result().offset == 0 for end in ends.values())
