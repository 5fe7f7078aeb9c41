"""What a partition remembers of idempotent producers, so that a batch that is sent again is not written again.

Rules: Apache Kafka's ProducerStateManager. A producer of which the partition knows nothing may start at any sequence.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from anpr.embedded.log_broker.batch import Batch
from anpr.embedded.log_broker.errors import Code, Refused

__all__ = ["REMEMBERED_BATCHES", "Producers"]

REMEMBERED_BATCHES = 5
"""Of each producer: as many requests as it may have under way."""
FORGOTTEN_AFTER_MS = 86_400_000
_LAST_SEQUENCE = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class _Written:
    first: int
    last: int
    offset: int


@dataclass(slots=True)
class _Producer:
    epoch: int
    batches: deque[_Written] = field(default_factory=lambda: deque(maxlen=REMEMBERED_BATCHES))
    seen_ms: int = 0


class Producers:
    """The idempotent producers of one partition."""

    def __init__(self) -> None:
        self._known: dict[int, _Producer] = {}

    def duplicate_of(self, batch: Batch) -> int | None:
        """Base offset under which the batch was written already; None: it is the next one, write it.

        Raises Refused for a producer that has a successor, and for a gap or a step back in its sequence.
        """
        known = self._known.get(batch.producer_id)
        if known is None:
            return None
        if batch.producer_epoch < known.epoch:
            raise Refused(Code.INVALID_PRODUCER_EPOCH, "the producer has a successor with the same id")
        if batch.producer_epoch > known.epoch:
            _must_be(0, batch)
            return None
        return self._within_epoch(known, batch)

    def _within_epoch(self, known: _Producer, batch: Batch) -> int | None:
        last = _last_sequence(batch)
        for written in known.batches:
            if (written.first, written.last) == (batch.base_sequence, last):
                return written.offset
        _must_be(_after(known.batches[-1].last), batch)
        return None

    def written(self, batch: Batch, offset: int, now_ms: int) -> None:
        """The batch stands in the log at this base offset."""
        known = self._known.get(batch.producer_id)
        if known is None or known.epoch != batch.producer_epoch:
            known = self._known[batch.producer_id] = _Producer(batch.producer_epoch)
        known.batches.append(_Written(batch.base_sequence, _last_sequence(batch), offset))
        known.seen_ms = now_ms

    def forget_idle(self, now_ms: int) -> None:
        """Forget whoever has not written for a day."""
        idle = [name for name, known in self._known.items() if now_ms - known.seen_ms > FORGOTTEN_AFTER_MS]
        for name in idle:
            del self._known[name]


def _must_be(expected: int, batch: Batch) -> None:
    if batch.base_sequence != expected:
        raise Refused(Code.OUT_OF_ORDER_SEQUENCE_NUMBER, f"sequence {batch.base_sequence} came, {expected} is next")


def _last_sequence(batch: Batch) -> int:
    return (batch.base_sequence + batch.last_delta) & _LAST_SEQUENCE


def _after(sequence: int) -> int:
    return (sequence + 1) & _LAST_SEQUENCE
