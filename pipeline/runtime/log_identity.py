"""Which log an offset belongs to.

A topic that was deleted and made anew, or a broker that lost its memory, starts again at offset 0. Whoever
remembers offsets (the sink, a dead letter) must remember the log with them, or would take new messages for old.
"""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient

__all__ = ["log_ids"]

CALL_TIMEOUT_S = 30.0


def log_ids(admin: AdminClient, topics: Sequence[str]) -> dict[str, str]:
    """Topic → identifier of its present incarnation, `<cluster>/<topic id>`. Raises KafkaException."""
    cluster = admin.list_topics(timeout=CALL_TIMEOUT_S).cluster_id or "?"
    answers = admin.describe_topics(TopicCollection(list(topics)), request_timeout=CALL_TIMEOUT_S)
    return {topic: f"{cluster}/{future.result().topic_id}" for topic, future in answers.items()}
