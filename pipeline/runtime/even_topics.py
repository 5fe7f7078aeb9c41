"""Refuses topics that are worked on side by side but differ in partitions: a key's messages would lie apart.

`anpr topics check` finds that too, but nobody must call it. A worker that went on would keep the file of one vehicle in
two places, each with half of what is known, and both would tell.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, admin_client

__all__ = ["refuse_uneven"]

ANSWER_S = 30.0


def refuse_uneven(kafka: KafkaConfig, topics: Iterable[str]) -> None:
    """Do nothing where all these topics have as many partitions as each other.

    Raises KafkaUnusable where they have not or one is not there, KafkaException when no broker answers.
    """
    known = admin_client(kafka).list_topics(timeout=ANSWER_S).topics  # of all: asked by name, a broker may make one
    counts = {topic: len(known[topic].partitions) if topic in known else 0 for topic in topics}
    missing = [topic for topic, count in counts.items() if not count]
    if missing:
        raise KafkaUnusable(
            f"no topic {', '.join(missing)} at the broker: run `anpr topics create` first; "
            "where they are there, `anpr topics acl --check` says what this user lacks"
        )
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{topic} {count}" for topic, count in counts.items())
        raise KafkaUnusable(
            f"topics that need equal partitions have not: {told}; what is said of one vehicle would lie apart. "
            "`anpr topics check` says how many each must have: make the others again"
        )
