"""Fills the topic of a broker that forgets from the store that does not."""

from __future__ import annotations

from clickhouse_connect.driver.client import Client

from pipeline.hotlist.headers import SEEDED
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from schemas.codec import encode
from sinks.clickhouse.queries.listed import entries

__all__ = ["seed_hotlist"]

TOPIC = "hotlist"
PAGE = 50_000


def seed_hotlist(client: Client, kafka: KafkaConfig) -> int:
    """Publish all entries that stand, marked as known before. Returns how many."""
    output, count, after, more = KafkaOutput(kafka), 0, "", True
    while more:
        page = list(entries(client, after=after, most=PAGE))
        for entry in page:
            output.produce(TOPIC, entry.entry_id.encode(), encode(entry), ((SEEDED, b"1"),))
        count, more = count + len(page), len(page) == PAGE
        after = page[-1].entry_id if page else after
    output.flush()
    return count
