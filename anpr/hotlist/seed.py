"""Fills the topic of a broker that forgets from the store that does not."""

from __future__ import annotations

from clickhouse_connect.driver.client import Client

from console.hotlist.desk import TOPIC
from pipeline.hotlist.headers import SEEDED
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from schemas.codec import encode
from sinks.clickhouse.queries.listed import all_entries

__all__ = ["seed_hotlist"]


def seed_hotlist(client: Client, kafka: KafkaConfig) -> int:
    """Publish all entries that stand, marked as known before. Returns how many."""
    output, count = KafkaOutput(kafka), 0
    for entry in all_entries(client):
        output.produce(TOPIC, entry.entry_id.encode(), encode(entry), ((SEEDED, b"1"),))
        count += 1
    output.flush()
    return count
