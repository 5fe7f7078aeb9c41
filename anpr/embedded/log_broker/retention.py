"""What topics say about how long and how much they keep; whole batches go, from the front."""

from __future__ import annotations

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.partition import Partition
from anpr.embedded.log_broker.settings import TopicSettings

__all__ = ["retain"]


def retain(broker: Broker) -> None:
    """Delete what is older than `retention.ms` and what is beyond `retention.bytes`."""
    now_ms = broker.clock_ms()
    for topic, partition in broker.topics.partitions():
        _shorten(partition, topic.settings, now_ms)
        partition.producers.forget_idle(now_ms)
    broker.memory.recount(broker.topics)


def _shorten(partition: Partition, settings: TopicSettings, now_ms: int) -> None:
    if settings.retention_ms is not None:
        partition.delete_before(partition.expired_before(now_ms - settings.retention_ms))
    if settings.retention_bytes is not None:
        partition.delete_before(partition.beyond(settings.retention_bytes))
