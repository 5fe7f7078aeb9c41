"""Real workers on a real broker, stepped by the test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from pipeline.messages import Batch, Message
from pipeline.outcome import Emit, Outcome
from pipeline.runtime.commits import Rewind
from pipeline.runtime.kafka import KafkaConfig, admin_client, at_end, consumer_client, unpack
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.loop import Limits, Loop
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import KafkaOutput
from pipeline.runtime.source import KafkaSource, Place
from pipeline.runtime.state_copies import StateCopies
from pipeline.stages.consolidate import Consolidate
from tests.pipeline.runtime.fakes import TurnedClock

DEADLINE_S = 40.0
NEVER = 1e9


def static(bootstrap: str) -> KafkaConfig:
    """One worker per flow, and a broker that is asked often."""
    return KafkaConfig(bootstrap, assignment="static", fetch_wait_ms=20)


def until(done: Callable[[], bool], act: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Act until it is done. Raises TimeoutError at the deadline."""
    deadline = time.monotonic() + deadline_s
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {deadline_s:.0f} s: {what}")
        act()


def send(bootstrap: str, topic: str, messages: Iterable[Message]) -> None:
    """Put messages into a topic, stamped and partitioned as they say."""
    producer = Producer({"bootstrap.servers": bootstrap})
    for m in messages:
        headers: list[tuple[str, str | bytes]] = list(m.headers)
        producer.produce(topic, m.value or None, m.key, m.partition, timestamp=m.timestamp_ms, headers=headers)
    assert producer.flush(DEADLINE_S) == 0


def contents(bootstrap: str, topic: str, partitions: int = 1) -> list[Message]:
    """All messages of a topic, partition by partition."""
    with closing(consumer_client(static(bootstrap), "look", **{"enable.partition.eof": True})) as consumer:
        consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
        return sorted(_read_to_ends(consumer, partitions), key=lambda m: (m.partition, m.offset))


def _read_to_ends(consumer: Consumer, partitions: int) -> list[Message]:
    messages: list[Message] = []
    ended: set[int] = set()

    def take() -> None:
        for raw in consumer.consume(1000, 0.1):
            if at_end(raw):
                ended.add(raw.partition() or 0)
            elif (message := unpack(raw)) is not None:
                messages.append(message)

    until(lambda: len(ended) == partitions, take, "the ends of all partitions")
    return messages


@dataclass
class Echo:
    """A stage that sends on every message and remembers it."""

    topic: str
    seen: list[Message]

    def __call__(self, batch: Batch) -> Outcome:
        self.seen += batch.messages
        return Outcome(emitted=[Emit(self.topic, m.key or b"", m.value) for m in batch.messages])


class Sums:
    """Emits the sum of all numbers so far of a partition; so it needs all of them, or what they came to."""

    form = "sums 1"

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.seen: list[int] = []
        """Offsets, those read again too."""
        self._sums: dict[Place, int] = {}

    def __call__(self, batch: Batch) -> Outcome:
        outcome = Outcome()
        for m in batch.messages:
            place = (m.topic, m.partition)
            self._sums[place] = self._sums.get(place, 0) + int(m.value)
            self.seen.append(m.offset)
            outcome.emitted.append(Emit(self.topic, m.key or b"", b"%d" % self._sums[place]))
        return outcome

    def needed_from(self, place: Place) -> int | None:
        return 0 if place in self._sums else None

    def state(self, place: Place) -> bytes | None:
        return b"%d" % self._sums[place] if place in self._sums else None

    def restore(self, place: Place, state: bytes) -> None:
        self._sums[place] = int(state)

    def forget(self, places: Sequence[Place]) -> None:
        for place in places:
            self._sums.pop(place, None)

    def open_tracks(self) -> int:
        return len(self._sums)


class Worker:
    """One flow from topic to topic. `stage` is an Echo unless a stateful one is given."""

    def __init__(
        self,
        config: KafkaConfig,
        source: str,
        target: str,
        *,
        stateful: Consolidate | Sums | None = None,
        disk: Path | None = None,
    ) -> None:
        """disk: where copies of state are kept, of a stage that is `Sums`."""
        self.seen: list[Message] = []
        self.stage = stateful or Echo(target, self.seen)
        self.clock = TurnedClock()
        copies = None
        if disk is not None and isinstance(stateful, Sums):
            logs = log_ids(admin_client(config), [source])
            copies = StateCopies(disk, stateful, "test", logs, self.clock, Metrics())
        noting = stateful if isinstance(stateful, Consolidate) else None

        def resume(place: Place, rewind: Rewind, live: int) -> int:
            if noting is not None:
                noting.heed(place, rewind.note, live)
            return rewind.offset if copies is None else copies.resume(place, rewind.offset, live)

        self.source = KafkaSource(config, f"flow-{source}", [source], stateful=stateful is not None, resume=resume)
        output = KafkaOutput(config)
        self.loop = Loop(
            flow="test",
            source=self.source,
            stage=self.stage,
            output=output,
            ahead=output,
            dead_letters=output,
            metrics=Metrics(),
            clock=self.clock,
            limits=Limits(batch_messages=3, wait_s=0.05, commit_every_s=NEVER, refresh_every_s=0),
            stateful=stateful,
            noting=noting,
            copies=copies,
        )
        self.source.on_revoke(self.loop.commit, self.loop.forget)
        self.loop._committed_at = self.clock.monotonic()
        self.source.open()
        self.worked = 0

    def work(self, count: int) -> None:
        """Step until so many new messages have been worked on since the start."""
        until(lambda: self.worked >= count, self.step, f"{count} messages")

    def step(self) -> None:
        """One step."""
        self.worked += self.loop.step()

    def finish(self) -> None:
        """Commit, write down what is remembered, and leave."""
        self.loop._settle()
        self.loop.commit()
        self.loop._copy_state(at_once=True)
        self.source.close()

    def crash(self) -> None:
        """Leave without a commit."""
        self.source.close()


def offsets(messages: Sequence[Message]) -> list[int]:
    """Their offsets."""
    return [m.offset for m in messages]


def plain(values: Iterable[bytes], **changes: Any) -> list[Message]:
    """Messages of one partition, by their values."""
    return [Message("", 0, n, 1_772_445_600_000, b"k", value)._replace(**changes) for n, value in enumerate(values)]
