"""What was put back, and what somebody began to: the topic `letter-replays`, read to its end before anything is sent.

No transaction is used: the embedded broker has none, Faust's consumers would read what was aborted, and the marks that
it leaves in a topic look like messages that nobody has taken yet. docs/decisions/0036.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from console.dead_letters.reading import Reading
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from schemas.codec import Refused, compiled, decoder, encode
from schemas.letter_replay import LetterReplay

__all__ = ["LEASE", "TOPIC", "ReplayLog", "ReplayRecord", "Standing", "standing_of"]

TOPIC = "letter-replays"
LEASE = timedelta(seconds=30)
"""Whoever began a replay sends it within half of this, or never: then somebody else may look whether it lies there."""
ReplayRecord = compiled(LetterReplay)
_decode: Callable[[bytes], LetterReplay] = decoder(LetterReplay)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the replay of one message has come."""

    holds: LetterReplay
    """The step that holds: `done`, or who is at it."""
    begins: Mapping[int, int]
    """Partition → offset: it lies in one of them there or behind, if it was ever sent."""
    letters: frozenset[UUID]
    """By which it was chosen, and under which it may have been sent."""

    @property
    def done(self) -> bool:
        """True: it is never sent again."""
        return self.holds.state == "done"

    def taken(self, now: datetime) -> bool:
        """Whether somebody may still be at it."""
        return not self.done and now - self.holds.at <= LEASE


def standing_of(steps: Iterable[LetterReplay]) -> Standing | None:
    """What the steps of one replay come to, in the order of the log; None: there are none."""
    holds, begins, letters = None, dict[int, int](), set[UUID]()
    for step in steps:
        begins[step.partition] = min(step.begin_offset, begins.get(step.partition, step.begin_offset))
        letters.add(step.dead_letter_id)
        if step.state == "done":
            holds = step
            break
        if holds is None or step.at - holds.at > LEASE:
            holds = step
    return None if holds is None else Standing(holds, begins, frozenset(letters))


class ReplayLog:
    """The steps of all replays. One thread."""

    def __init__(self, kafka: KafkaConfig, reading: Reading) -> None:
        self._reading, self._output = reading, KafkaOutput(kafka)
        self._steps: defaultdict[UUID, list[LetterReplay]] = defaultdict(list)
        self._read: dict[int, int] = {}

    def catch_up(self) -> None:
        """Read to the end. Raises KafkaUnusable, KafkaException."""
        spans = self._reading.spans(TOPIC)
        begins = {n: max(low, self._read.get(n, 0)) for n, (low, _) in spans.items()}
        ends = {n: high for n, (_, high) in spans.items()}
        for message in self._reading.messages(TOPIC, begins, ends):
            try:
                step = _decode(message.value)
            except Refused:
                continue  # nobody but us writes here, and what was not said was not done
            self._steps[step.replay_id].append(step)
        self._read = ends

    def standing(self, replay_id: UUID) -> Standing | None:
        """As of the last `catch_up`; None: nobody began it."""
        return standing_of(self._steps[replay_id]) if replay_id in self._steps else None

    def tell(self, steps: Sequence[LetterReplay]) -> None:
        """Write steps; returns when the broker has them. Raises DeliveryFailed."""
        for step in steps:
            self._output.produce(TOPIC, str(step.replay_id).encode(), encode(step), ())
        self._output.flush()
