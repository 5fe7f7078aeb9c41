"""What became of a message: the letters it was, one after the other, each with where it was put back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from console.dead_letters.letter import Letter
from console.dead_letters.replay_log import ReplayLog, Standing
from schemas.dead_letter import DeadLetter

__all__ = ["Family", "Link"]


@dataclass(frozen=True, slots=True)
class Link:
    """One letter of a chain."""

    about: DeadLetter
    put_back: Standing | None
    """None: it never was."""


@dataclass(slots=True)
class Family:
    """Which letters came of which, as the headers of messages that were put back say."""

    _abouts: dict[UUID, tuple[DeadLetter, UUID]] = field(default_factory=dict)
    """Letter → what it says, its replay."""
    _ancestor: dict[UUID, UUID] = field(default_factory=dict)
    _children: defaultdict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, letters: Iterable[Letter]) -> Family:
        """Of all letters there are."""
        family = cls()
        for letter in letters:
            family.add(letter)
        return family

    def add(self, letter: Letter) -> None:
        """One letter; the same again changes nothing."""
        name, ancestor = letter.about.dead_letter_id, letter.ancestor
        if name in self._abouts:
            return
        self._abouts[name] = (letter.about, letter.replay_id)
        if ancestor is not None and ancestor != name:
            self._ancestor[name] = ancestor
            self._children[ancestor].append(name)

    def chain(self, name: UUID, log: ReplayLog) -> list[Link]:
        """The letter, those before it and those that came of it; the oldest first."""
        line = dict.fromkeys([*reversed(list(self._up(name))), *self._down(name)])
        known = [self._abouts[one] for one in line if one in self._abouts]
        return [Link(about, log.standing(replay)) for about, replay in known]

    def _up(self, name: UUID) -> Iterator[UUID]:
        """Its ancestors. Whoever sends may claim any, a circle too."""
        seen = {name}
        while (before := self._ancestor.get(name)) is not None and before not in seen:
            seen.add(before)
            yield before
            name = before

    def _down(self, name: UUID) -> Iterator[UUID]:
        seen, waiting = set[UUID](), [name]
        while waiting:
            one = waiting.pop(0)
            if one not in seen:
                seen.add(one)
                yield one
                waiting += self._children.get(one, ())
