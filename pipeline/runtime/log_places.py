"""Where the partitions of a topic begin or end at this moment: one request to each broker that leads some of them.

librdkafka finds both by itself, partition by partition, and says that one has been read to its end once the broker has
answered a fetch with nothing. Apache Kafka holds such a fetch for `fetch.wait.max.ms`, and answers no other question on
that line meanwhile: whoever waits for many partitions without a message waits for long.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from pipeline.runtime.kafka import cause

__all__ = ["log_places"]

LOGGER = logging.getLogger(__name__)
ANSWER_S = 2.0
"""A broker that lives tells in milliseconds. For one that has just died librdkafka would wait until the end, though
others lead its partitions in seconds: whoever then reads on learns where they begin and end as before.
"""
AGAIN_S = 0.05
NO_LEADER = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
"""The partitions were made a moment ago, or go to another broker: it is known in milliseconds."""
LOGICAL = (OFFSET_BEGINNING, OFFSET_END)
"""Kafka's ListOffsets takes them where it takes a time."""


def log_places(consumer: Consumer, topic: str, partitions: Iterable[int], logical: int) -> dict[int, int]:
    """Partition → offset of its begin or end. Those that the broker does not tell just now are not in it.

    logical: OFFSET_BEGINNING or OFFSET_END, behind the newest message.
    """
    assert logical in LOGICAL, logical
    wanted = [TopicPartition(topic, partition, logical) for partition in partitions]
    if not wanted:
        return {}
    told, error, deadline = dict[int, int](), None, time.monotonic() + ANSWER_S
    while (left_s := deadline - time.monotonic()) > 0:
        told, error = _ask(consumer, wanted, left_s)
        if error is None or error.code() not in NO_LEADER:
            break
        time.sleep(AGAIN_S)
    if error is not None:
        LOGGER.warning("the broker does not tell where %s begins and ends: %s", topic, error.str())
    return told


def _ask(consumer: Consumer, wanted: list[TopicPartition], within_s: float) -> tuple[dict[int, int], KafkaError | None]:
    """What the brokers tell; and why one of them did not."""
    try:
        answer = consumer.offsets_for_times(wanted, timeout=within_s)
    except KafkaException as error:
        return {}, cause(error)
    errors = [place.error for place in answer if place.error is not None]
    told = {place.partition: place.offset for place in answer if place.error is None and place.offset >= 0}
    return told, errors[0] if errors else None
