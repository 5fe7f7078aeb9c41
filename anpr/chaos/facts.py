"""What a fact is told by, and how two accounts of the same facts differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Difference", "Latest", "differences", "grouped", "is_whole", "summed"]

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one topic or table."""

    facts: int
    """That must be there."""
    lost: int = 0
    """Of these not there."""
    duplicated: int = 0
    """There more than once."""
    wrong: int = 0
    """There in another way than they must be, or without reason to be there."""
    told_again: int = 0
    """Messages that repeat an earlier one byte for byte: after a crash, and changing nothing."""
    examples: tuple[str, ...] = field(default=(), compare=False)
    """Of what is lost or wrong, by identifiers; no plate."""

    @property
    def whole(self) -> bool:
        """Nothing lost, doubled or wrong."""
        return not (self.lost or self.duplicated or self.wrong)

    def told(self) -> dict[str, Any]:
        """As JSON."""
        counts = {"facts": self.facts, "lost": self.lost, "duplicated": self.duplicated, "wrong": self.wrong}
        counts |= {"told_again": self.told_again} if self.told_again else {}
        return counts | ({"examples": list(self.examples)} if self.examples else {})


def differences(
    truth: Mapping[Any, Any], found: Mapping[Any, Any], *, duplicated: int = 0, told_again: int = 0
) -> Difference:
    """Facts by what identifies them."""
    lost = [key for key in truth if key not in found]
    wrong = [key for key, value in found.items() if key not in truth or truth[key] != value]
    examples = [f"lost {_name(key)}" for key in lost[:EXAMPLES]] + [f"wrong {_name(key)}" for key in wrong[:EXAMPLES]]
    return Difference(len(truth), len(lost), duplicated, len(wrong), told_again, tuple(examples))


def grouped(truth: Collection[Any], groups: Iterable[Iterable[Any]]) -> Difference:
    """Facts of which each must be in exactly one group: hits in cases, offences in notices."""
    counts = Counter(fact for group in groups for fact in group)
    lost = [fact for fact in truth if fact not in counts]
    wrong = [fact for fact in counts if fact not in truth]
    doubled = sum(1 for count in counts.values() if count > 1)
    examples = [f"lost {fact}" for fact in lost[:EXAMPLES]] + [f"wrong {fact}" for fact in wrong[:EXAMPLES]]
    return Difference(len(truth), len(lost), doubled, len(wrong), examples=tuple(examples))


def summed(differences: Mapping[str, Mapping[str, Difference]]) -> dict[str, Any]:
    """Kind (topics, tables) → name → difference, as JSON: what all of them come to, and each as `detail`."""
    every = [one for named in differences.values() for one in named.values()]
    return {
        "lost": sum(one.lost for one in every),
        "duplicated": sum(one.duplicated for one in every),
        "wrong": sum(one.wrong for one in every),
        "detail": {kind: {name: one.told() for name, one in named.items()} for kind, named in differences.items()},
    }


def is_whole(result: Mapping[str, Any]) -> bool:
    """Of a result with what is `summed`: nothing lost, doubled or wrong."""
    return not (result["lost"] or result["duplicated"] or result["wrong"])


def _name(key: Hashable) -> str:
    """Identifiers alone."""
    parts = key if isinstance(key, tuple) else (key,)
    return str(parts[0])


class Latest:
    """Revisions of facts, as they come: the highest one holds."""

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[int, bool, Any]] = {}
        self.contradictions = 0
        """Revisions that were told twice with another content."""
        self.told_again = 0

    def add(self, key: Hashable, revision: int, withdrawn: bool, content: Any) -> None:
        """One telling."""
        held = self._held.get(key)
        if held is not None and held[0] == revision:
            if held == (revision, withdrawn, content):
                self.told_again += 1
            else:
                self.contradictions += 1
            return
        if held is None or held[0] < revision:
            self._held[key] = (revision, withdrawn, content)

    def holding(self) -> dict[Any, Any]:
        """Content of all that was not withdrawn."""
        return {key: content for key, (_revision, gone, content) in self._held.items() if not gone}

    def revisions(self) -> dict[Any, int]:
        """Revision of all that was not withdrawn."""
        return {key: revision for key, (revision, gone, _content) in self._held.items() if not gone}
