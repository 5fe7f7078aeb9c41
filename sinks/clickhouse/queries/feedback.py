"""Feedback: how often what people judged false, or right, was told with which probability."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import sqrt
from typing import Any

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.ask import ask

__all__ = ["EDGES", "Judged", "feedback", "summed"]

EDGES = (0.0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99)
"""Where ranges of probability begin: fine where a threshold lies."""
Z = 1.96


@dataclass(frozen=True, slots=True)
class Judged:
    """Cases that ended, of one kind."""

    list_kind: str
    alert_class: str
    match: str
    from_probability: float
    """Where the range begins that the probability of the surest hit lies in."""
    cases: int
    """Those that silence ended too."""
    right_cases: int
    """Ended by a person, not as false."""
    false_cases: int
    """Judged false."""
    expected_right: float
    """Sum of the probabilities of those that were judged: so many should have been right."""

    @property
    def judged(self) -> int:
        """Cases that say something about the probability."""
        return self.right_cases + self.false_cases

    @property
    def share_right(self) -> float | None:
        """Observed; None: nothing was judged."""
        return self.right_cases / self.judged if self.judged else None

    @property
    def predicted(self) -> float | None:
        """What the probabilities promised; None: nothing was judged."""
        return self.expected_right / self.judged if self.judged else None

    @property
    def between(self) -> tuple[float, float] | None:
        """Where the true share lies with 95 % (Wilson's interval); None: nothing was judged."""
        if not self.judged:
            return None
        n, p = self.judged, self.right_cases / self.judged
        middle, spread = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        scale = 1 + Z * Z / n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)

    def as_json(self) -> dict[str, Any]:
        """Its fields and what follows from them."""
        return asdict(self) | {
            "judged": self.judged,
            "share_right": self.share_right,
            "predicted": self.predicted,
            "between": self.between,
        }


def feedback(client: Client, since: datetime) -> Sequence[Judged]:
    """Per kind of list, class, kind of match and range of probability; a case counts with its surest hit."""
    return ask(client, "feedback", Judged, since=since, edges=list(EDGES))


def summed(rows: Iterable[Judged], key: Callable[[Judged], Any]) -> list[tuple[Any, Judged]]:
    """The rows put together by a key of theirs, in order of it; fields that differ keep the value of the first."""
    found: dict[Any, Judged] = {}
    for row in rows:
        before = found.get(key(row))
        found[key(row)] = row if before is None else _added(before, row)
    return sorted(found.items())


def _added(one: Judged, other: Judged) -> Judged:
    return Judged(
        one.list_kind,
        one.alert_class,
        one.match,
        one.from_probability,
        one.cases + other.cases,
        one.right_cases + other.right_cases,
        one.false_cases + other.false_cases,
        one.expected_right + other.expected_right,
    )
