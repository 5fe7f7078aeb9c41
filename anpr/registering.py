"""Put records into the reference topics: cameras, hotlist, vehicles, passes, patrols."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from schemas.base import Contract
from topics.spec import all_topics

__all__ = ["encoded", "register"]

_TOPIC_OF = {spec.contract.name: name for name, spec in all_topics().items()}


def encoded(record: Contract) -> tuple[bytes, bytes]:
    """Key and value of a record's message: the key is the field that the topic file names."""
    key = str(getattr(record, all_topics()[_TOPIC_OF[record.contract]].key.field)).encode()
    return key, record.model_dump_json(exclude_defaults=True).encode()


def register(kafka: KafkaConfig, records: Iterable[Contract]) -> int:
    """Publish each record to its contract's topic under the key that the topic file names. Returns how many."""
    output = KafkaOutput(kafka)
    count = 0
    for record in records:
        output.produce(_TOPIC_OF[record.contract], *encoded(record), ())
        count += 1
    output.flush()
    return count
