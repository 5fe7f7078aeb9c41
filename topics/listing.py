"""The topics as plain rows, for a table or JSON."""

from __future__ import annotations

from topics.model import Topics, TopicSpec

__all__ = ["Row", "listing"]

Row = dict[str, str | int | None]
"""Column → value; the same columns in each row."""


def listing(topics: Topics) -> list[Row]:
    """One row per topic, sorted by name."""
    return [_row(spec) for spec in topics.values()]


def _row(spec: TopicSpec) -> Row:
    return {
        "topic": spec.name,
        "key": spec.key.field,
        "partitions": spec.partitions,
        "replication": spec.replication.factor,
        "cleanup": spec.cleanup,
        "retention": spec.retention,
        "max_message_bytes": spec.max_message_bytes,
        "compression": spec.compression,
        "pii": spec.pii.kind,
        "schema": f"{spec.contract.name} v{spec.contract.version}",
        "dead_letter_topic": spec.dead_letter_topic,
        "producers": ", ".join(spec.producers),
        "consumers": ", ".join(spec.consumers),
        "owner": spec.owner,
        "description": spec.description,
    }
