"""Wait until flows have worked off what was sent: for batch commands, tests and benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from confluent_kafka import Consumer, TopicPartition

from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import KafkaConfig, at_end, consumer_client

__all__ = ["Drain", "NotDrained"]

CALL_TIMEOUT_S = 30.0
LOOK_EVERY_S = 0.1
READ_AT_ONCE = 10_000


class NotDrained(TimeoutError):
    """A flow did not finish in time; the message says which, and how much is left."""


class TopicEnds:
    """The end of each partition of one topic, found by reading what was added since the last look."""

    def __init__(self, config: KafkaConfig, topic: str, clock: Clock) -> None:
        self._clock = clock
        self._consumer = consumer_client(config, f"ends.{topic}", **{"enable.partition.eof": True})
        partitions = self._consumer.list_topics(topic, timeout=CALL_TIMEOUT_S).topics[topic].partitions
        self._ends = dict.fromkeys(partitions, 0)
        self._topic = topic

    def now(self) -> dict[int, int]:
        """Partition → offset of the next message that will be written. Raises NotDrained: the broker says nothing."""
        self._consumer.assign([TopicPartition(self._topic, p, offset) for p, offset in self._ends.items()])
        missing, heard_at = set(self._ends), self._clock.monotonic()
        while missing:
            if self._clock.monotonic() - heard_at > CALL_TIMEOUT_S:
                raise NotDrained(f"the broker does not tell where {self._topic} ends")
            for raw in self._consumer.consume(READ_AT_ONCE, LOOK_EVERY_S):
                if raw.error() is None or at_end(raw):
                    heard_at = self._clock.monotonic()
                if at_end(raw):
                    self._ends[raw.partition() or 0] = raw.offset() or 0
                    missing.discard(raw.partition() or 0)
        return dict(self._ends)

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()


class Drain:
    """Compares what flows have committed with what the topics hold.

    The end of a topic is found by reading up to it: asking for it is not reliable on every broker.
    """

    def __init__(self, config: KafkaConfig, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._groups: dict[str, Consumer] = {}
        self._ends: dict[str, TopicEnds] = {}

    def left(self, group: str, topics: Iterable[str]) -> int:
        """Messages of these topics that the group has not committed."""
        return sum(self._left_of(group, topic) for topic in topics)

    def _left_of(self, group: str, topic: str) -> int:
        if topic not in self._ends:
            self._ends[topic] = TopicEnds(self._config, topic, self._clock)
        if group not in self._groups:
            self._groups[group] = consumer_client(self._config, group)
        ends = self._ends[topic].now()
        places = [TopicPartition(topic, partition) for partition in ends]
        done = self._groups[group].committed(places, timeout=CALL_TIMEOUT_S)
        return sum(ends[place.partition] - max(place.offset, 0) for place in done)

    def wait(
        self,
        groups: Iterable[tuple[str, Iterable[str]]],
        timeout_s: float,
        on_look: Callable[[str, int], None] = lambda _group, _left: None,
    ) -> None:
        """Wait for the groups in order (upstream first). Raises NotDrained."""
        deadline = self._clock.monotonic() + timeout_s
        for group, topics in groups:
            names = tuple(topics)
            while left := self.left(group, names):
                on_look(group, left)
                if self._clock.monotonic() > deadline:
                    raise NotDrained(f"{group} still has {left} messages of {', '.join(names)} after {timeout_s:.0f} s")
                self._clock.sleep(LOOK_EVERY_S)

    def close(self) -> None:
        """Let go of the connections."""
        for consumer in self._groups.values():
            consumer.close()
        for ends in self._ends.values():
            ends.close()
