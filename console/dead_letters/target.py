"""The topics that letters come from, as places where messages are put back and looked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Message as RawMessage

from console.dead_letters.letter import Letter, replayed_letter
from console.dead_letters.reading import Reading
from pipeline.runtime.dead_letters import REPLAY_OF
from pipeline.runtime.kafka import KafkaConfig, cause, producer_client
from pipeline.runtime.output import DeliveryFailed
from pipeline.runtime.partitions import partition_of

__all__ = ["Place", "Target", "Wanted"]

Arrived = Callable[[KafkaError | None, RawMessage], None]
Place = tuple[str, int]
"""Topic and partition."""
GIVE_UP_MS = 10_000
"""Well within the lease: what was not sent by then is not sent any more, as somebody else may look for it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message that is to be put back."""

    letter: Letter
    key: bytes | None
    value: bytes
    repaired: bool = False
    """True: key or value are others than the letter's."""

    @property
    def topic(self) -> str:
        """Where it comes from and goes to."""
        return self.letter.about.source_topic


class Target:
    """Sends to partitions that it names, and finds there what was sent before."""

    def __init__(self, kafka: KafkaConfig, reading: Reading) -> None:
        self._reading = reading
        self._producer = producer_client(kafka, give_up_ms=GIVE_UP_MS)
        self._spans: dict[str, dict[int, tuple[int, int]]] = {}

    def look(self, topics: Collection[str]) -> None:
        """Learn where these topics begin and end now. Raises KafkaUnusable where there is no such topic."""
        self._spans = {topic: self._reading.spans(topic) for topic in topics}

    def partition_of(self, wanted: Wanted) -> int:
        """Where the message was, or where its new key belongs; the topic may have fewer partitions than it had."""
        about, count = wanted.letter.about, len(self._spans[wanted.topic])
        as_it_was = wanted.key == wanted.letter.message.key and about.source_partition < count
        return about.source_partition if as_it_was or not wanted.key else partition_of(wanted.key, count)

    def span(self, place: Place) -> tuple[int, int]:
        """First offset and the one behind the last, as of the last `look`."""
        return self._spans[place[0]][place[1]]

    def find(self, place: Place, begin: int, letters: Collection[UUID]) -> dict[UUID, int]:
        """Letter → where it lies in this partition, of those that were put back at `begin` or behind."""
        found: dict[UUID, int] = {}
        for message in self._reading.messages(place[0], {place[1]: begin}, {place[1]: self.span(place)[1]}):
            letter = replayed_letter(message.headers)
            if letter in letters and letter is not None:
                found.setdefault(letter, message.offset)
        return found

    def last_of(self, place: Place, begin: int, keys: Collection[bytes]) -> dict[bytes, int]:
        """Key → its last offset in this partition, of those of which something lies at `begin` or behind."""
        found: dict[bytes, int] = {}
        for message in self._reading.messages(place[0], {place[1]: begin}, {place[1]: self.span(place)[1]}):
            if message.key in keys and message.key is not None:
                found[message.key] = message.offset
        return found

    def put(self, messages: Mapping[UUID, tuple[Place, Wanted]]) -> dict[UUID, int]:
        """Send each to its place; where they lie, by the same names. Raises DeliveryFailed: some may lie there."""
        offsets: dict[UUID, int] = {}
        faults: list[str] = []

        def report(name: UUID) -> Arrived:
            def arrived(error: KafkaError | None, raw: RawMessage) -> None:
                if error is None:
                    offsets[name] = raw.offset() or 0
                else:
                    faults.append(f"{raw.topic()}: {error.str()}")

            return arrived

        for name, (place, wanted) in messages.items():
            self._send(place, wanted, report(name))
        while self._producer.flush(1.0):
            pass
        if faults:
            raise DeliveryFailed(f"{len(faults)} messages were not taken, first {faults[0]}: run the same again")
        return offsets

    def _send(self, place: Place, wanted: Wanted, arrived: Arrived) -> None:
        headers: list[tuple[str, str | bytes]] = [
            *wanted.letter.headers,
            (REPLAY_OF, str(wanted.letter.about.dead_letter_id).encode()),
        ]
        topic, partition = place
        try:
            self._producer.produce(
                topic, wanted.value, wanted.key, partition=partition, headers=headers, on_delivery=arrived
            )
        except KafkaException as refusal:  # too large for any broker
            raise DeliveryFailed(f"{topic}: {cause(refusal).str()}") from refusal
