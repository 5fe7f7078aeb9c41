"""Messages of every topic through every consumer; what breaks is told down to the message."""

from __future__ import annotations

import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from anpr.bench.fuzz.flows import flow_consumers
from anpr.bench.fuzz.mutate import Mutator
from anpr.bench.fuzz.stages import stage_consumers
from anpr.bench.fuzz.taking import Consumer, Taken, checked
from pipeline.messages import Message
from topics.spec import all_topics

__all__ = ["Fault", "Found", "all_consumers", "fuzz", "fuzzed_topics"]

BATCH = 200
MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """A consumer that did not hold."""

    consumer: str
    topic: str
    what: str
    message: Message

    def __str__(self) -> str:
        shown = (
            f"key {self.message.key!r:.80}, value {self.message.value!r:.300}, headers {self.message.headers!r:.200}"
        )
        return f"{self.consumer} on {self.topic} {self.message.offset}: {self.what}\n  {shown}"


@dataclass(slots=True)
class Found:
    """What came of a run."""

    messages: Counter[str] = field(default_factory=Counter)
    """By topic, once for each consumer."""
    rejected: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Topic → reason."""
    dropped: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[Fault] = field(default_factory=list)
    seconds: float = 0.0

    def taken(self, topic: str) -> int:
        """Messages that were neither refused nor left out."""
        return self.messages[topic] - self.rejected[topic].total() - self.dropped[topic].total()

    def note(self, topic: str, count: int, taken: Taken) -> None:
        """An answer to so many messages of a topic."""
        self.messages[topic] += count
        self.rejected[topic].update(one.reason for one in taken.rejected)
        self.dropped[topic] += taken.dropped


def all_consumers() -> list[Consumer]:
    """Every one in this program that takes messages."""
    flows = flow_consumers()
    return [*stage_consumers({topic for flow in flows for topic in flow.topics}), *flows]


def fuzzed_topics() -> list[str]:
    """All: each has somebody who takes its messages."""
    return [*all_topics()]


def fuzz(
    topics: Sequence[str],
    count: int,
    seed: int,
    make: Callable[[], list[Consumer]] = all_consumers,
    tell: Callable[[str, int], None] = lambda _topic, _done: None,
) -> Found:
    """So many messages of each topic through all of its consumers. A fault ends neither; of many the first are kept."""
    found, started = Found(), time.monotonic()
    consumers = make()
    for topic in topics:
        ours = [one for one in consumers if topic in one.topics]
        assert ours, f"nobody takes messages of {topic}"
        for batch in _batches(Mutator(topic, seed).messages(count)):
            for consumer in ours:
                _through(consumer, topic, batch, found)
            tell(topic, batch[-1].offset + 1)
    found.seconds = time.monotonic() - started
    return found


def _batches(messages: Iterator[Message]) -> Iterator[list[Message]]:
    while batch := list(islice(messages, BATCH)):
        yield batch


def _through(consumer: Consumer, topic: str, batch: Sequence[Message], found: Found) -> None:
    try:
        found.note(topic, len(batch), checked(consumer, batch))
    except Exception as error:
        if len(found.faults) < MOST_FAULTS:
            found.faults.append(_narrowed(consumer, topic, batch, error))


def _narrowed(consumer: Consumer, topic: str, batch: Sequence[Message], error: Exception) -> Fault:
    """The first message that breaks it alone, or the first of the batch where they do it only together."""
    for message in batch:
        try:
            checked(consumer, [message])
        except Exception as alone:
            return Fault(consumer.name, topic, _said(alone), message)
    return Fault(consumer.name, topic, f"in a batch of {len(batch)}: {_said(error)}", batch[0])


def _said(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error!s:.200} ({last.filename.rpartition('/')[2]}:{last.lineno})"
