"""What every consumer must keep to, whatever it is given: nothing leaves it but answers, and each has a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Protocol, get_args

from anpr.bench.fuzz.mutate import IN_HEADER, NOW
from pipeline.messages import Message
from pipeline.outcome import Emit, Rejection
from pipeline.runtime.dead_letters import HEADER, letters
from pipeline.runtime.event_time import moments
from schemas.codec import Refused, decoder
from schemas.dead_letter import DeadLetter, Reason
from schemas.registry import CONTRACTS
from topics.spec import all_topics

__all__ = ["LOG", "Broken", "Consumer", "Taken", "checked"]

LOG = "fuzz/log"
REASONS = frozenset(get_args(Reason))
_decode_letter: Callable[[bytes], DeadLetter] = decoder(DeadLetter)


class Broken(AssertionError):
    """A consumer did what none may do."""


@dataclass(slots=True)
class Taken:
    """What became of some messages."""

    rejected: list[Rejection] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    emitted: Sequence[Emit] = ()
    """What follows, of topics."""
    told: int | None = None
    """Messages of which something is told, where a consumer tells each one; None: it keeps some in its state."""


class Consumer(Protocol):
    """Somebody who takes messages of some topics."""

    name: str
    topics: tuple[str, ...]

    def take(self, messages: Sequence[Message]) -> Taken:
        """Work on a batch, in the order of the log."""
        ...


def checked(consumer: Consumer, messages: Sequence[Message]) -> Taken:
    """Its answer. Raises Broken, and whatever it raises itself: both are faults."""
    taken = consumer.take(messages)
    _check_rejected(consumer.name, messages, taken.rejected)
    _check_emitted(taken.emitted)
    if taken.told is not None and taken.told + len(taken.rejected) + taken.dropped.total() != len(messages):
        raise Broken(f"{len(messages)} came, {taken.told} were taken, {len(taken.rejected)} refused: some are lost")
    for message in messages:
        _check_age(message, NOW)
    return taken


def _check_rejected(flow: str, messages: Sequence[Message], rejected: Sequence[Rejection]) -> None:
    places = [(one.message.topic, one.message.partition, one.message.offset) for one in rejected]
    if len(set(places)) < len(places):
        raise Broken("a message was refused twice")
    known = {(message.topic, message.partition, message.offset) for message in messages}
    for place, rejection in zip(places, rejected, strict=True):
        if place not in known:
            raise Broken("it refused what nobody sent")
        if rejection.reason not in REASONS or not rejection.detail:
            raise Broken(f"refused without a reason: {rejection.reason}")
    for emit, headers in letters(flow, {}, rejected, NOW):
        _decode_letter(dict(headers)[HEADER])
        if not isinstance(emit.key, bytes):
            raise Broken("a letter without a key")


def _check_emitted(emitted: Iterable[Emit]) -> None:
    """What our own stages write, the next one takes."""
    for emit in emitted:
        if emit.topic in all_topics():
            try:
                _reader(emit.topic)(emit.value)
            except Refused as refused:
                raise Broken(f"it wrote to {emit.topic} what its contract refuses: {refused}") from refused


@cache
def _reader(topic: str) -> Callable[[bytes], Any]:
    contract = all_topics()[topic].contract.name
    return (lambda _: None) if contract in IN_HEADER else decoder(CONTRACTS[contract])


def _check_age(message: Message, now: datetime) -> None:
    """As the loop measures it of the first of a batch."""
    for at in moments(message).values():
        (now - at).total_seconds()
