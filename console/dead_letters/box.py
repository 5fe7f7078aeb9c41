"""All dead letters there are, as far as somebody wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from console.dead_letters.letter import Letter, LetterRefused, letter_of
from console.dead_letters.reading import Reading
from pipeline.runtime.dead_letters import TOPIC
from schemas.dead_letter import Reason
from topics.spec import all_topics

__all__ = ["Choice", "LetterBox", "checked"]

FEWEST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters: empty fields choose all."""

    topic: str = ""
    """That they come from."""
    reason: str = ""
    stage: str = ""
    since: datetime | None = None
    """Refused then or later."""

    def holds(self, letter: Letter) -> bool:
        """Whether it is one of them."""
        about = letter.about
        asked = ((self.topic, about.source_topic), (self.reason, about.reason), (self.stage, about.stage))
        return all(not want or want == is_ for want, is_ in asked) and (not self.since or about.failed_at >= self.since)


def checked(choice: Choice) -> Choice:
    """The same. Raises LetterRefused for a topic or a reason that there is not."""
    for what, given, known in (("topic", choice.topic, [*all_topics()]), ("reason", choice.reason, get_args(Reason))):
        if given and given not in known:
            raise LetterRefused(f"there is no {what} {given}: one of {', '.join(known)}")
    return choice


class LetterBox:
    """The topic of dead letters, up to its end when asked."""

    def __init__(self, reading: Reading) -> None:
        """reading: used while letters are taken, and by nobody else then."""
        self._reading = reading
        self.strangers = 0
        """Messages of the topic that do not say where they come from."""

    def letters(self, choice: Choice) -> Iterator[Letter]:
        """Those chosen, in the order of the log. One that was refused again at a restart comes again."""
        spans = self._reading.spans(TOPIC)
        begins = {n: low for n, (low, _) in spans.items()}
        if choice.since is not None:
            begins = self._reading.since(TOPIC, choice.since)
        self.strangers = 0
        for message in self._reading.messages(TOPIC, begins, {n: high for n, (_, high) in spans.items()}):
            letter = letter_of(message)
            if letter is None:
                self.strangers += 1
            elif choice.holds(letter):
                yield letter

    def named(self, names: Sequence[str]) -> list[Letter]:
        """The letters whose identifiers begin so, in this order. Raises LetterRefused for one that is none, or many."""
        for name in names:
            if len(name.replace("-", "")) < FEWEST_DIGITS:
                raise LetterRefused(f"{name}: give {FEWEST_DIGITS} digits of the letter's identifier or more")
        found: dict[str, dict[object, Letter]] = {name: {} for name in names}
        for letter in self.letters(Choice()):
            text = str(letter.about.dead_letter_id)
            for name in names:
                if text.startswith(name.lower()):
                    found[name][text] = letter
        return [_only(name, list(some.values())) for name, some in found.items()]


def _only(name: str, found: Sequence[Letter]) -> Letter:
    if not found:
        raise LetterRefused(f"there is no dead letter {name}: `anpr dead-letters list` shows those there are")
    if len(found) > 1:
        raise LetterRefused(f"several dead letters begin with {name}: give more of the identifier")
    return found[0]
