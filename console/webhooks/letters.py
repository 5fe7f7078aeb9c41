"""What could not be delivered to a webhook: kept in a topic of its own, listed, and sent again when asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from console.webhooks.delivery import delivery_id
from console.webhooks.poster import Answer
from console.webhooks.sender import group_of
from pipeline.messages import Message
from pipeline.outcome import Rejection
from pipeline.runtime.dead_letters import HEADER, letter_header
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, at_end, consumer_client, unpack
from pipeline.runtime.output import KafkaOutput
from schemas.codec import Refused, decoder
from schemas.dead_letter import DeadLetter

__all__ = ["TOPIC", "Letter", "LetterBox", "Replayed", "bury"]

TOPIC = "webhook-dead-letters"
CALL_TIMEOUT_S = 30.0
READ_S = 120.0
CHUNK = 500
_decode: Callable[[bytes], DeadLetter] = decoder(DeadLetter)


@dataclass(frozen=True, slots=True)
class Letter:
    """One hit that one subscriber did not get."""

    about: DeadLetter
    message: Message
    """As it lies in the topic of dead letters: key and value are the hit's."""

    def delivery_id(self, subscriber: str) -> str:
        """As its first attempt had it."""
        return delivery_id(subscriber, self.about.source_log, self.about.source_partition, self.about.source_offset)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of letters that were sent again."""

    delivered: int
    kept: int
    """Not taken this time either: they are letters still."""


def bury(output: KafkaOutput, log: str, now: datetime, subscriber: str, rejection: Rejection) -> None:
    """Keep what was not delivered; returns when the broker has it. Raises DeliveryFailed."""
    message = rejection.message
    header = letter_header(group_of(subscriber), log, rejection, now)
    output.produce(TOPIC, message.key, message.value, ((HEADER, header),))
    output.flush()


class LetterBox:
    """Letters of one subscriber that were not sent again yet: those behind the place of its group."""

    def __init__(self, kafka: KafkaConfig, subscriber: str) -> None:
        self._kafka, self._subscriber = kafka, subscriber
        self._group = f"{group_of(subscriber)}.letters"

    def pending(self) -> list[Letter]:
        """In the order of the log. Raises KafkaUnusable, KafkaException."""
        with closing(self._client()) as consumer:
            return self._pending(consumer)[0]

    def replay(self, send: Callable[[Letter], Answer], keep: Callable[[Letter, Answer], None]) -> Replayed:
        """Send each once more. `keep` makes a letter again of what is not taken, before its place is passed."""
        delivered = kept = 0
        with closing(self._client()) as consumer:
            letters, ends = self._pending(consumer)
            for letter in letters:
                answer = send(letter)
                if answer.outcome == "delivered":
                    delivered += 1
                else:
                    keep(letter, answer)
                    kept += 1
                self._pass(consumer, {letter.message.partition: letter.message.offset + 1})
            self._pass(consumer, ends)
        return Replayed(delivered, kept)

    def _client(self) -> Consumer:
        return consumer_client(self._kafka, self._group, **{"enable.partition.eof": True})

    def _pending(self, consumer: Consumer) -> tuple[list[Letter], dict[int, int]]:
        """Letters, and by partition where the log ended."""
        known = consumer.list_topics(TOPIC, timeout=CALL_TIMEOUT_S).topics[TOPIC]
        if known.error is not None:
            raise KafkaUnusable(f"no topic {TOPIC} at the broker: run `anpr topics create` first")
        places = consumer.committed([TopicPartition(TOPIC, p) for p in known.partitions], timeout=CALL_TIMEOUT_S)
        begin = [(at.partition, at.offset if at.offset >= 0 else OFFSET_BEGINNING) for at in places]
        consumer.assign([TopicPartition(TOPIC, partition, offset) for partition, offset in begin])
        found: list[Letter] = []
        ends: dict[int, int] = {}
        deadline = time.monotonic() + READ_S
        while known.partitions.keys() - ends.keys():
            if time.monotonic() > deadline:
                raise KafkaUnusable(f"the topic {TOPIC} cannot be read to its end: does the broker answer?")
            for raw in consumer.consume(CHUNK, 0.5):
                if at_end(raw):
                    ends[raw.partition() or 0] = raw.offset() or 0
                elif (message := unpack(raw)) is not None:
                    found += self._ours(message)
        return found, ends

    def _ours(self, message: Message) -> Iterator[Letter]:
        header = dict(message.headers).get(HEADER)
        try:
            about = None if header is None else _decode(header)
        except Refused:
            return  # not written by us
        if about is not None and about.stage == group_of(self._subscriber):
            yield Letter(about, message)

    def _pass(self, consumer: Consumer, places: dict[int, int]) -> None:
        """Raises KafkaException: then these letters are sent once more next time."""
        if places:
            consumer.commit(
                offsets=[TopicPartition(TOPIC, partition, offset) for partition, offset in places.items()],
                asynchronous=False,
            )
