"""Topics that are worked on side by side have equal partitions, or nothing is worked on."""

from __future__ import annotations

import pytest

from pipeline.runtime.even_topics import refuse_uneven
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable
from tests.brokers import fresh_topic


def test_equal_partitions_are_let_through(broker: str) -> None:
    refuse_uneven(KafkaConfig(broker), [fresh_topic(broker, 3), fresh_topic(broker, 3)])


def test_topics_that_differ_are_named_with_their_counts(broker: str) -> None:
    three, two = fresh_topic(broker, 3), fresh_topic(broker, 2)
    with pytest.raises(KafkaUnusable, match=f"{three} 3, {two} 2; .*anpr topics check"):
        refuse_uneven(KafkaConfig(broker), [three, two])


def test_a_topic_that_is_not_there_is_named_and_not_made(broker: str) -> None:
    known = fresh_topic(broker)
    for _ in range(2):
        with pytest.raises(KafkaUnusable, match="no topic t-never at the broker: run `anpr topics create` first"):
            refuse_uneven(KafkaConfig(broker), [known, "t-never"])
