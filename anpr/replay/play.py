"""A recording → topics: in its own time, faster, or as fast as it goes; the messages are the same, so are their ids.

Stamps are those of playing, not those recorded: what ends a track and what is believed of a capture time hangs on the
log's time, and the broker deletes by it. Keys, values, headers and their order are kept; so what follows from them is
the same fact with the same id, and a store that has it already has nothing more. docs/decisions/0026.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

from anpr.replay.log_reader import keeps_records
from anpr.replay.pace import RECORDS_SETTLE_S, Pace
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from replay.recording.format import Recorded
from replay.recording.reader import Recording
from replay.recording.summary import FRAME_HEADER
from schemas.registry import CONTRACTS
from schemas.upgrade import upgrade

__all__ = ["PlayPlan", "Played", "play"]

SAFE_EVERY = 20_000
"""After so many messages it is waited until the broker has them all: an interrupted playing says how far it came."""
TELL_EVERY = 1_000
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class PlayPlan:
    """How to play."""

    topics: tuple[str, ...]
    speed: float | None = 1.0
    """2: twice as fast as it was recorded; None: as fast as possible."""
    first: int = 0
    """Number of the message to begin with, in the order of the file: to go on where it was interrupted."""


@dataclass(slots=True)
class Played:
    """What was played."""

    messages: Counter[str] = field(default_factory=Counter)
    """By topic."""
    upgraded: int = 0
    """Of them in an older version of their contract."""
    next_message: int = 0
    """Where to go on; all before it is with the broker."""
    complete: bool = False
    """False: it was stopped."""
    seconds: float = 0.0
    most_behind_s: float = 0.0
    """How far a message was sent behind its time, at most, s."""


def play(
    kafka: KafkaConfig,
    recording: Recording,
    plan: PlayPlan,
    clock: Clock,
    stop: Callable[[], bool],
    tend: Callable[[], None],
    progress: Progress,
) -> Played:
    """Put the messages into their topics and return when the broker has all.

    stop: asked before each message; True ends it in order. tend: called now and then while it waits. Raises
    DeliveryFailed, RecordingFault.
    """
    return _Player(kafka, recording, plan, clock, stop, tend, progress).run()


class _Player:
    def __init__(
        self,
        kafka: KafkaConfig,
        recording: Recording,
        plan: PlayPlan,
        clock: Clock,
        stop: Callable[[], bool],
        tend: Callable[[], None],
        progress: Progress,
    ) -> None:
        self._output = KafkaOutput(kafka)
        self._recording, self._plan, self._clock = recording, plan, clock
        self._stop, self._tend, self._progress = stop, tend, progress
        self._pace = Pace(plan.speed, clock, stop)
        self._contracts = {topic.topic: topic.contract for topic in recording.info.topics}
        self._settled = True
        self._played = Played(next_message=plan.first)

    def run(self) -> Played:
        began = self._clock.monotonic()
        done = self._plan.first
        for number, message in enumerate(islice(self._recording.messages(), done, None), start=done):
            if message.topic in self._plan.topics and not self._send(message):
                break
            done = number + 1
            self._look_after(done)
        else:
            self._played.complete = True
        self._make_safe(done)
        self._played.seconds = round(self._clock.monotonic() - began, 3)
        self._played.most_behind_s = round(self._pace.most_behind_s, 3)
        return self._played

    def _send(self, message: Recorded) -> bool:
        """False: told to stop before its time had come."""
        if keeps_records(message.topic):
            self._settled = False
        else:
            self._let_settle()
            self._wait(message)
        if self._stop():
            return False
        ready = self._current(message)
        headers = cast("tuple[tuple[str, bytes], ...]", ready.headers)  # one without a value is taken as it is
        self._output.produce(ready.topic, ready.key, ready.value, headers, self._tend)
        self._played.messages[ready.topic] += 1
        return True

    def _let_settle(self) -> None:
        """Cameras, lists and registers before the first event; later changes of them come in their time."""
        if not self._settled and not any(not keeps_records(topic) for topic in self._played.messages):
            self._output.flush(self._tend)
            self._clock.sleep(RECORDS_SETTLE_S)
        self._settled = True

    def _wait(self, message: Recorded) -> None:
        if self._pace.due_in_s(message.timestamp_ms) > 0:
            self._output.flush(self._tend)  # nothing lingers while the street is quiet
            self._pace.wait(message.timestamp_ms, self._tend)

    def _current(self, message: Recorded) -> Recorded:
        """The message in the current version of its contract."""
        contract = self._contracts[message.topic]
        known = CONTRACTS[contract].version
        if message.version is None or message.version == known:
            return message
        self._played.upgraded += 1
        if contract == "frame":
            headers = tuple(
                (name, upgrade(contract, message.version, value, known) if name == FRAME_HEADER and value else value)
                for name, value in message.headers
            )
            return message._replace(headers=headers)
        assert message.value is not None, "a message without a value has no version"
        return message._replace(value=upgrade(contract, message.version, message.value, known))

    def _look_after(self, done: int) -> None:
        if done % TELL_EVERY == 0:
            self._output.serve()
            self._tend()
            self._progress("playing", done, len(self._recording))
        if done % SAFE_EVERY == 0:
            self._make_safe(done)

    def _make_safe(self, done: int) -> None:
        self._output.flush(self._tend)
        self._played.next_message = done
        self._progress("playing", done, len(self._recording))
