"""A lane for what has just come, beside a backlog that is worked off in order. docs/decisions/0040.

The backlog's flow stays what it is: it reads every message in order, tells everything, and alone commits. The lane
reads the end of the log as well and tells at once what is certain to be told by the flow, byte for byte, when it comes
there. So whatever happens to the lane, at any moment, nothing is lost: it only tells some things sooner.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

from pipeline.messages import Batch, Message
from pipeline.outcome import Emit, Outcome
from pipeline.runtime.clock import Clock

__all__ = ["Lane", "LaneRules", "LaneSource", "LaneStage", "Telling", "bytes_of"]

LOGGER = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
LONGEST_WAIT_S = 0.05
NONE_CAME_S = 0.01
Place = tuple[str, int]
Telling = Callable[[Emit], Hashable]
"""What makes a message the same as one that was told before."""


class LaneStage(Protocol):
    """A stage that begins in the middle of a log, and gives only what is certain."""

    def __call__(self, batch: Batch) -> Outcome:
        """What follows from the batch and is certain. What is refused or dropped is the flow's to tell."""
        ...

    def forget(self, places: Sequence[Place]) -> None:
        """Drop what is kept of these partitions."""
        ...


class LaneSource(Protocol):
    """What the lane needs of `LaneReader`."""

    @property
    def positions(self) -> Mapping[Place, int]:
        """Next offset by partition."""
        ...

    def offsets_at(self, places: Collection[Place], stamp_ms: int) -> Mapping[Place, int]:
        """Where in each the first message of then or later lies, or its end; nothing: the broker does not say now."""
        ...

    def begin(self, starts: Mapping[Place, int]) -> None:
        """Read these from there on, too."""
        ...

    def take(self, most: int, wait_s: float) -> Sequence[Message]:
        """What has come."""
        ...

    def end(self, places: Sequence[Place]) -> None:
        """No more of these."""
        ...

    def close(self) -> None:
        """Let go of the connection until it is needed again."""
        ...


@dataclass(frozen=True, slots=True)
class LaneRules:
    """When there is a lane, and what it leaves to the backlog."""

    behind_s: float = 30.0
    behind_messages: int = 20_000
    """A partition is behind if so many of its messages are older: fewer are worked off in a second or two."""
    window_s: float = 60.0
    """How far back the lane begins to read: what is told needs a past of half a minute (`tracks_from_middle`), and what
    came while the worker started is not to wait."""
    backlog_per_s: float = 20_000.0
    """Most messages of the backlog that are worked off in a second, so that those who read what we tell keep up too."""
    backlog_at_once: int = 2_000
    """What has just come waits for so many at most."""
    most_noted: int = 1_000_000
    """Of what the lane has told so many messages are noted, with some 100 bytes each. The flow tells more once more."""
    turns: int = 8
    """Batches of the lane between two of the backlog, at most: neither ever stands still."""


def bytes_of(emit: Emit) -> Hashable:
    """A telling is its bytes."""
    digest = blake2b(emit.key, digest_size=16)
    digest.update(b"\0" + emit.topic.encode() + b"\0" + emit.value)
    return digest.digest()


@dataclass(slots=True)
class Lane:
    """The lane of one worker. One thread: the loop's."""

    source: LaneSource
    stage: LaneStage
    telling: Telling
    clock: Clock
    rules: LaneRules = field(default_factory=LaneRules)
    differing: int = 0
    """Tellings so far that the flow did not repeat when it came there."""
    _told: Counter[Hashable] = field(default_factory=Counter)
    """And how often: a vehicle's first read that was sent twice gives its passage twice."""
    _left: bool = False
    """A partition went to another worker, which will repeat what was told of it."""
    _reached: dict[Place, int] = field(default_factory=dict)
    """Next offset of the backlog, by partition with a lane."""
    _new: dict[Place, int] = field(default_factory=dict)
    """Partitions that have just been given to us, and where the flow begins."""
    _stamps_ms: dict[Place, int] = field(default_factory=dict)
    """Of what the flow did last: of each partition with a lane, and of some others."""
    _backlog_at: float = 0.0
    """When the next batch of the backlog may be taken."""
    _look_at: float = 0.0

    def active(self) -> bool:
        """Some partition is behind."""
        return bool(self._reached)

    def assigned(self, starts: Mapping[Place, int]) -> None:
        """The flow takes these partitions, and goes on from there."""
        self._new |= starts
        self._look_at = 0.0

    def look(self, done: Mapping[Place, int], lag: Callable[[], Mapping[Place, int]]) -> None:
        """Begin where the flow is far behind. done: its next offsets. lag: messages that it has yet to take."""
        now_s = self.clock.monotonic()
        if now_s >= self._look_at:
            self._look_at = now_s + LOOK_EVERY_S
            wanted = self._new | {place: done[place] for place in self._late(lag) if place in done}
            if wanted:
                self._begin_where_behind({place: max(at, done.get(place, 0)) for place, at in wanted.items()})

    def _late(self, lag: Callable[[], Mapping[Place, int]]) -> list[Place]:
        """Partitions without a lane whose last message was old, and that are not merely quiet."""
        oldest_ms = self._ago_ms(self.rules.behind_s)
        late = [place for place, ms in self._stamps_ms.items() if ms < oldest_ms and place not in self._reached]
        left = lag() if late else {}
        return [place for place in late if left.get(place, 0) >= self.rules.behind_messages]

    def _begin_where_behind(self, positions: Mapping[Place, int]) -> None:
        ends = self.source.offsets_at(positions, self._ago_ms(self.rules.behind_s))
        if not ends:
            return
        self._new.clear()
        least = self.rules.behind_messages
        behind = [place for place, at in positions.items() if place not in self._reached and ends[place] - at >= least]
        if behind and (starts := self.source.offsets_at(behind, self._ago_ms(self.rules.window_s))):
            self._begin({place: starts[place] for place in behind if starts[place] > positions[place]}, positions)
        self._rest()

    def _rest(self) -> None:
        """A connection is kept for as long as there is a lane."""
        if not self._reached:
            self.source.close()

    def _begin(self, starts: Mapping[Place, int], positions: Mapping[Place, int]) -> None:
        self.source.begin(starts)
        for place in starts:
            self._reached[place] = positions[place]
            LOGGER.info("%s/%d is far behind: what comes now is worked on beside the backlog", *place)

    def _ago_ms(self, seconds: float) -> int:
        return int((self.clock.now().timestamp() - seconds) * 1000)

    def take(self, most: int) -> Sequence[Message]:
        """What has come; waits for it until the backlog may go on."""
        wait_s = min(max(self._backlog_at - self.clock.monotonic(), 0.0), LONGEST_WAIT_S)
        return self.source.take(most, wait_s)

    def backlog_may_go_on(self) -> bool:
        """Its rate allows another batch."""
        return self.clock.monotonic() >= self._backlog_at

    def none_came(self) -> None:
        """Of the backlog, for the moment: the lane is waited for meanwhile, or both would be asked without a pause."""
        self._backlog_at = self.clock.monotonic() + NONE_CAME_S

    def note_told(self, emitted: Sequence[Emit]) -> None:
        """The lane's tellings are acknowledged."""
        noted = len(self._told) + len(emitted) <= self.rules.most_noted
        if noted and self._reached:  # else its partitions went to another worker meanwhile
            self._told.update(map(self.telling, emitted))

    def untold(self, emitted: list[Emit]) -> list[Emit]:
        """Without what the lane has told."""
        if not self._told:
            return emitted
        return [emit for emit in emitted if not self._forgets_one(self.telling(emit))]

    def _forgets_one(self, telling: Hashable) -> bool:
        """It was told, and is repeated now."""
        often = self._told[telling]
        if often > 1:
            self._told[telling] = often - 1
        else:
            self._told.pop(telling, None)
        return often > 0

    def done(self, messages: Sequence[Message]) -> None:
        """The flow has done these: end where it has come to the lane's position."""
        for message in (messages[0], messages[-1]):
            self._stamps_ms[message.topic, message.partition] = message.timestamp_ms
        if not self._reached:
            return
        self._backlog_at = self.clock.monotonic() + len(messages) / self.rules.backlog_per_s
        for message in messages:
            place = (message.topic, message.partition)
            if place in self._reached:
                self._reached[place], self._stamps_ms[place] = message.offset + 1, message.timestamp_ms
        positions = self.source.positions
        self._end([place for place, at in self._reached.items() if at >= positions[place]])

    def forget(self, places: Sequence[Place]) -> None:
        """Partitions went to another worker."""
        for place in places:
            self._new.pop(place, None)
            self._stamps_ms.pop(place, None)
        ours = [place for place in places if place in self._reached]
        self._left = self._left or bool(ours)
        self._end(ours)

    def _end(self, places: Sequence[Place]) -> None:
        if not places:
            return
        for place in places:
            del self._reached[place]
        self.source.end(places)
        self.stage.forget(places)
        if not self._reached:
            self._settle()

    def _settle(self) -> None:
        """All that was told should have been repeated by now."""
        if self._told and not self._left:
            self.differing += self._told.total()
            LOGGER.warning("%d messages told beside a backlog did not follow from it", self._told.total())
        self._told.clear()
        self._left, self._backlog_at = False, 0.0
        self._rest()

    def backlog(self) -> tuple[int, float]:
        """Messages between the flow and its lanes, and how old the oldest of them is, s."""
        positions = self.source.positions
        messages = sum(positions[place] - at for place, at in self._reached.items())
        stamps = [self._stamps_ms[place] / 1000 for place in self._reached if place in self._stamps_ms]
        return messages, max(0.0, self.clock.now().timestamp() - min(stamps)) if stamps else 0.0

    def close(self) -> None:
        """Let go."""
        self.source.close()
