"""Sends what a person does to a case, and waits until the case says that it is done."""

from __future__ import annotations

import time
from datetime import datetime
from types import TracebackType
from uuid import UUID

from confluent_kafka import TopicPartition

from pipeline.cases.records import InputRecord
from pipeline.outcome import Emit, Outcome
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, consumer_client, unpack
from pipeline.runtime.output import KafkaOutput
from pipeline.runtime.partitions import partition_of
from schemas.case import Case
from schemas.case_input import CaseAction
from schemas.codec import Refused, decoder, encode

__all__ = ["CaseAnswers", "CaseUnanswered"]

CASES, INPUTS = "cases", "case-inputs"
CALL_S = 10.0
"""So long each call waits for the broker."""
LOOK_S = 0.1


class CaseUnanswered(TimeoutError):
    """Nobody said whether it is done; the message says what that means."""


class CaseAnswers:
    """Listens to what becomes of one case, from before anything is sent."""

    def __init__(self, config: KafkaConfig, case: Case) -> None:
        """Raises KafkaUnusable, KafkaException when the broker does not answer."""
        self._config, self._case = config, case
        self._decode = decoder(Case)
        self._consumer = consumer_client(config, "case-answers")  # commits nothing
        known = self._consumer.list_topics(CASES, timeout=CALL_S).topics[CASES]
        if known.error is not None:
            raise KafkaUnusable(f"no topic {CASES} at the broker: run `anpr topics create` first")
        place = TopicPartition(CASES, partition_of(self._key, len(known.partitions)))
        _low, high = self._consumer.get_watermark_offsets(place, timeout=CALL_S)
        self._consumer.assign([TopicPartition(CASES, place.partition, high)])

    @property
    def _key(self) -> bytes:
        return str(self._case.case_id).encode()

    def __enter__(self) -> CaseAnswers:
        """Use it and let go of the connection."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the connection."""
        self._consumer.close()

    def ask(self, action: CaseAction, at: datetime, wait_s: float) -> Case:
        """Send the action; returns the case that tells of it. Raises CaseUnanswered.

        wait_s: for the worker, from when the broker has the action: a broker that is slow to take it leaves the worker
        no less time, and what is told apart is who does not answer.
        """
        self._send(action, at)
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            case = self._next()
            if case is not None and _tells_of(case, action.action_id):
                return case
        raise CaseUnanswered(
            f"it is sent, but no worker has done it within {wait_s:.0f} s: it will be done once `anpr worker cases` "
            "runs again; look at the case then"
        )

    def _send(self, action: CaseAction, at: datetime) -> None:
        given = InputRecord(plate=self._case.plate, at=at, action=action)
        output, deadline = KafkaOutput(self._config, linger_ms=0), time.monotonic() + CALL_S
        output.deliver(Outcome(emitted=[Emit(INPUTS, given.plate.encode(), encode(given))]), lambda: _give_up(deadline))

    def _next(self) -> Case | None:
        raw = self._consumer.poll(LOOK_S)
        message = unpack(raw) if raw is not None else None
        if message is None or message.key != self._key or not message.value:
            return None
        try:
            return self._decode(message.value)
        except Refused:  # written by a newer program: not an answer that we can read
            return None


def _give_up(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise CaseUnanswered("the broker does not answer: look whether it was done, and do it again if it was not")


def _tells_of(case: Case, action_id: UUID) -> bool:
    return any(event.fact_id == action_id for event in case.timeline)
