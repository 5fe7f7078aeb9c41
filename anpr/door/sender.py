"""Sends messages to the broker and tells when all of an upload are acknowledged: acks=all, each report looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Message as RawMessage

from anpr.door.arrived import Outgoing
from pipeline.runtime.kafka import KafkaConfig, cause, producer_client
from pipeline.runtime.output import DeliveryFailed

__all__ = ["GIVE_UP_S", "Sender"]

GIVE_UP_S = 240
"""A message that the broker did not take for so long is given up: whoever sends it again is told by the log whether it
is there. Less than `ledger.TAKEOVER`. Until then it is tried under one number, and the broker takes it once."""
POLL_S = 0.1


class _Delivery:
    """Counts the reports of one call of `send`."""

    __slots__ = ("_fault", "_left", "_told", "_turn")

    def __init__(self, messages: int, told: Callable[[str], None]) -> None:
        self._left, self._told, self._fault = messages, told, ""
        self._turn = threading.Lock()

    def report(self, error: KafkaError | None, _raw: RawMessage | None = None) -> None:
        """Of one message."""
        with self._turn:
            if error is not None:
                self._fault = self._fault or error.str()
            self._left -= 1
            done = self._left == 0
        if done:
            self._told(self._fault)


class Sender:
    """One idempotent producer. `run` in a thread of its own; `send` from any one thread."""

    def __init__(self, kafka: KafkaConfig) -> None:
        self._producer = producer_client(kafka, linger_ms=1, give_up_ms=GIVE_UP_S * 1000)
        self._ended = threading.Event()

    def send(self, topic: str, messages: Sequence[Outgoing], told: Callable[[str], None]) -> None:
        """Hand messages over; `told` hears once, in the thread of reports, what was at fault, or nothing: all are
        acknowledged. Some may be in the log even so.
        """
        if not messages:
            told("")
            return
        delivery = _Delivery(len(messages), told)
        for one in messages:
            self._produce(topic, one, delivery)

    def _produce(self, topic: str, one: Outgoing, delivery: _Delivery) -> None:
        def reported(error: KafkaError | None, raw: RawMessage) -> None:
            delivery.report(error, raw)
            if error is not None and (error.fatal() or error.code() == KafkaError._FATAL):
                raise DeliveryFailed(f"the producer is beyond repair: {error.str()}")

        headers: list[tuple[str, str | bytes]] = [*one.headers]
        try:
            self._producer.produce(topic, one.value, one.key, headers=headers or None, on_delivery=reported)
        except BufferError:  # the budget is smaller than the producer's queue, so this is another's doing
            delivery.report(KafkaError(KafkaError._QUEUE_FULL))
        except KafkaException as refusal:
            delivery.report(cause(refusal))

    def run(self) -> None:
        """Take reports until `stop`. Raises DeliveryFailed when the producer is beyond repair: the process must end."""
        while not self._ended.is_set():
            self._producer.poll(POLL_S)

    def stop(self) -> None:
        """Take no more."""
        self._ended.set()
