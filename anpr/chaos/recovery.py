"""How far flows are: after a strike the flow is back when all is worked off that was there when it came.

And when whoever was struck is at work again: of a flow with few messages all may have been worked off just before.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from anpr.settings import Settings
from anpr.wiring import source_topics
from pipeline.runtime.kafka import KafkaConfig, consumer_client

__all__ = ["Progress"]

Place = tuple[str, int]
ASK_S, AGAIN_S, PATIENCE_S = 2.0, 0.2, 30.0


class Progress:
    """What flows have committed, against what their topics held."""

    def __init__(self, settings: Settings, flows: Iterable[str]) -> None:
        self._kafka: KafkaConfig = settings.kafka()
        self._topics = {flow: source_topics(flow, settings) for flow in flows}
        self._groups: dict[str, Consumer] = {}
        self._places: dict[str, list[TopicPartition]] = {}

    def _group(self, flow: str) -> Consumer:
        if flow not in self._groups:
            self._groups[flow] = consumer_client(self._kafka, flow)
        return self._groups[flow]

    def ends(self, flow: str) -> dict[Place, int]:
        """Where the flow's topics end now. Raises KafkaException when no broker says so for half a minute."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self._ends(flow)
            except KafkaException:  # one that has just come back does not know yet what it leads
                if time.monotonic() > deadline:
                    raise
                self._forget(flow)
                time.sleep(AGAIN_S)

    def _forget(self, flow: str) -> None:
        """What a client was told by such a one it believes for minutes: the next question is asked by a new client."""
        self._places.pop(flow, None)
        if (consumer := self._groups.pop(flow, None)) is not None:
            consumer.close()

    def _ends(self, flow: str) -> dict[Place, int]:
        consumer = self._group(flow)
        if flow not in self._places:
            known = consumer.list_topics(timeout=ASK_S).topics
            self._places[flow] = [TopicPartition(t, p) for t in self._topics[flow] for p in known[t].partitions]
        return {(at.topic, at.partition): consumer.get_watermark_offsets(at, ASK_S)[1] for at in self._places[flow]}

    def behind(self, marks: Mapping[str, Mapping[Place, int]]) -> dict[str, Mapping[Place, int]]:
        """Of these flows those that have not committed up to their marks, or of which the brokers say nothing."""
        return {flow: ends for flow, ends in marks.items() if self._before(flow, ends)}

    def missing(self, flow: str, marks: Mapping[Place, int]) -> str:
        """In words: which partitions are still before their marks, for whoever looks for the reason."""
        told = [
            f"{topic}-{partition} at {'nothing told' if at is None else at} of {marks[topic, partition]}"
            for (topic, partition), at in self._before(flow, marks).items()
        ]
        return f"{flow} ({', '.join(told)})"

    def _before(self, flow: str, marks: Mapping[Place, int]) -> dict[Place, int | None]:
        """Partitions that are not at their marks yet, and where they are; None: the brokers do not say."""
        done = self.committed(flow, marks)
        return {place: done.get(place) for place, mark in marks.items() if mark > max(0, done.get(place, -1))}

    def committed(self, flow: str, places: Iterable[Place]) -> dict[Place, int]:
        """How far the flow has come; without the places of which the brokers say nothing now."""
        try:
            answer = self._group(flow).committed([TopicPartition(*place) for place in places], timeout=ASK_S)
        except KafkaException:  # it may go on asking a broker that has the group no more
            self._forget(flow)
            return {}
        return {(at.topic, at.partition): at.offset for at in answer if at.error is None}

    def close(self) -> None:
        """Let go."""
        for consumer in self._groups.values():
            consumer.close()
