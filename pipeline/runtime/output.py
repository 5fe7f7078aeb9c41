"""Where a flow's results go: Kafka, with every delivery report checked before anything is committed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Message as RawMessage

from pipeline.outcome import Emit, Outcome, Rejection
from pipeline.runtime.kafka import KafkaConfig, cause, producer_client, refusal_hint

__all__ = ["Ahead", "DeliveryFailed", "KafkaOutput", "Output"]

LOGGER = logging.getLogger(__name__)
FLUSH_SLICE_S = 1.0


class DeliveryFailed(RuntimeError):
    """A message was not accepted. The batch must not be committed; the process must end or rewind."""


class Output(Protocol):
    """Takes the emitted part of an outcome and returns when it is safe."""

    def deliver(self, outcome: Outcome, while_waiting: Callable[[], None]) -> Sequence[Rejection]:
        """Send and wait until acknowledged; call `while_waiting` about every second while it is not.

        Returns what the receiver will never take. Raises DeliveryFailed when going on is unsafe.
        """
        ...


class Ahead(Protocol):
    """An output that may be given the next batch while the last one is on its way."""

    def hand_over(self, outcome: Outcome, while_waiting: Callable[[], None]) -> None:
        """Send the emitted part; it is safe after `settle`. Raises DeliveryFailed when going on is unsafe."""
        ...

    def settle(self, while_waiting: Callable[[], None]) -> None:
        """Return when all that was handed over is acknowledged. Raises DeliveryFailed."""
        ...


class KafkaOutput:
    """Sends to topics. One idempotent producer; waits without limit while the broker is away."""

    def __init__(self, config: KafkaConfig, *, linger_ms: int = 5) -> None:
        self._failed: list[str] = []
        self._producer = producer_client(config, on_error=self._on_delivery, linger_ms=linger_ms)

    def _on_delivery(self, error: KafkaError | None, raw: RawMessage) -> None:
        if error is not None:
            self._failed.append(f"{raw.topic()}: {error.str()}{refusal_hint(error)}")

    def deliver(self, outcome: Outcome, while_waiting: Callable[[], None]) -> Sequence[Rejection]:
        """Produce, flush, check: see `Output`."""
        self.hand_over(outcome, while_waiting)
        self.settle(while_waiting)
        return ()

    def hand_over(self, outcome: Outcome, while_waiting: Callable[[], None]) -> None:
        """See `Ahead`."""
        self.send(outcome.emitted, while_waiting)

    def settle(self, while_waiting: Callable[[], None]) -> None:
        """See `Ahead`."""
        self.flush(while_waiting)

    def send(self, messages: Iterable[Emit], while_waiting: Callable[[], None]) -> None:
        """Hand messages to the producer; waits when its queue is full."""
        produce = self._producer.produce
        for message in messages:
            try:
                produce(message.topic, message.value, message.key)
            except (BufferError, KafkaException):
                self.produce(message.topic, message.key, message.value, (), while_waiting)

    def produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: tuple[tuple[str, bytes], ...],
        while_waiting: Callable[[], None] = lambda: None,
    ) -> None:
        """Hand one message to the producer. Raises DeliveryFailed for one that no broker will take."""
        while True:
            try:
                if headers:
                    self._producer.produce(topic, value, key, headers=list(headers))
                else:
                    self._producer.produce(topic, value, key)
                return
            except BufferError:  # the queue is full: let it drain, never drop
                self._producer.poll(FLUSH_SLICE_S)
                while_waiting()
            except KafkaException as refusal:  # too large for any broker, or the producer is beyond repair
                raise DeliveryFailed(f"{topic}: {cause(refusal).str()}") from refusal

    def serve(self) -> None:
        """Let delivery reports come in while nothing is sent. Raises DeliveryFailed."""
        self._producer.poll(0)
        self._check()

    def flush(self, while_waiting: Callable[[], None] = lambda: None) -> None:
        """Wait until the broker has acknowledged all. `flush() == 0` alone would only say: queue empty."""
        while self._producer.flush(FLUSH_SLICE_S):
            LOGGER.warning("waiting for the broker to take %d messages", len(self._producer))
            while_waiting()
        self._check()

    def _check(self) -> None:
        if self._failed:
            failed, self._failed = self._failed, []
            raise DeliveryFailed(f"{len(failed)} messages refused, first {failed[0]}")
