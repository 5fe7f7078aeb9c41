"""A worker of `consolidate` that may crash, as the loop runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.messages import Message
from pipeline.outcome import Emit
from pipeline.runtime.commits import Rewind
from pipeline.stages.consolidate import Consolidate
from tests.pipeline.builders import batch

__all__ = ["PLACE", "Crashing"]

PLACE = ("reads", 0)


class Crashing:
    """What it told the world, what it had committed, and where a successor begins."""

    def __init__(
        self, messages: Sequence[Message], make: Callable[[], Consolidate], hear: Callable[[Sequence[Emit]], None]
    ) -> None:
        """messages: of one partition. hear: is told what the stage tells."""
        self.messages, self._make, self.hear = messages, make, hear
        self.stage = make()
        self.position = self._live = self._fresh_from = 0
        self._rewind = Rewind(0)

    def take(self, count: int) -> None:
        """One poll: what is read again only gives the state back, the rest is told."""
        taken = self.messages[self.position : self.position + count]
        again = [message for message in taken if message.offset < self._fresh_from]
        if again:
            self.stage(batch(again, replayed=True))
        if len(taken) > len(again):
            self.hear(self.stage(batch(taken[len(again) :])).emitted)
        self.position += len(taken)

    def commit(self) -> None:
        """The offset, and from where the state can be rebuilt; of the second only, while that is under way."""
        needed, note = self.stage.needed_from(PLACE), self.stage.note(PLACE, self.position)
        self._rewind = Rewind(self.position if needed is None else needed, note)
        self.commit_offset()

    def commit_offset(self) -> None:
        """While partitions are taken away in mid-batch: what state needs stays as it was."""
        self._live = max(self._live, self.position)

    def crash(self) -> None:
        """A successor begins where its predecessor's state can be rebuilt from."""
        self.stage = self._make()
        self.stage.heed(PLACE, self._rewind.note, self._live)
        self.position, self._fresh_from = min(self._rewind.offset, self._live), self._live
