"""Holds what a store says of passages against the truth. Arithmetic only: the caller brings both.

A stored passage is one of the true ones if camera and plate are the same and the capture times are near. Each is
counted once: plates to the letter first, then with the characters that readers confuse held to be the same, then by
place and time alone, which are the vehicles that were read as another plate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from replay.truth import TruePassage

__all__ = [
    "Matched",
    "PassageScore",
    "StoredPassage",
    "folded",
    "match_passages",
    "milliseconds",
    "read_rightly",
    "score_order",
    "score_passages",
    "share",
]

WINDOW = timedelta(seconds=5)
"""A passage tells the capture time of the first read that was understood, the truth that of the first one."""
CONFUSED = str.maketrans("ODQILZSGB", "000112568")
"""As `plate_key` of the contract `passage`."""
MS = timedelta(milliseconds=1)


class StoredPassage(NamedTuple):
    """A passage as the store has it."""

    passage_id: UUID
    plate: str
    camera_id: str
    captured_at: datetime


@dataclass(slots=True)
class Matched:
    """Which stored passage is which true one: pairs of indices (true, stored)."""

    exact: list[tuple[int, int]] = field(default_factory=list)
    folded: list[tuple[int, int]] = field(default_factory=list)
    """Right but for characters that look alike."""
    otherwise: list[tuple[int, int]] = field(default_factory=list)
    """The vehicle is there under another plate."""
    missing: list[int] = field(default_factory=list)
    """True passages that were seen, and of which the store has nothing."""
    twice: list[int] = field(default_factory=list)
    """Stored passages of a vehicle that has one already there and then."""
    strange: list[int] = field(default_factory=list)
    """Stored passages where nothing passed."""

    def found(self) -> dict[int, int]:
        """True → stored, plates right to the letter or but for what looks alike."""
        return dict(self.exact) | dict(self.folded)


@dataclass(frozen=True, slots=True)
class PassageScore:
    """How well passages were found."""

    true: int
    """Vehicles past cameras, in truth."""
    seen: int
    """Of them those of which anything reached the platform."""
    stored: int
    exact: int
    """Found, plate right to the letter."""
    folded: int
    """Found, right but for characters that look alike."""
    read_otherwise: int
    """Found under another plate."""
    missing: int
    """Seen, and not in the store at all."""
    duplicates: int
    """In the store more than once."""
    strange: int
    """In the store, and nothing passed."""
    recall_exact: float | None
    """Exact, of those seen."""
    recall_folded: float | None
    """Exact or folded, of those seen."""
    recall_of_all: float | None
    """Exact or folded, of all that passed, unseen ones too."""
    recall_of_readable: float | None
    """Exact or folded, of those of which the camera read the plate rightly at least once."""
    precision_exact: float | None
    """Exact, of all stored."""
    precision_folded: float | None


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970, cut off as the store cuts them: by integers, as floats round astray."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // MS


def read_rightly(passed: TruePassage) -> bool:
    """Whether a camera that reads plates has read this one rightly, at least in its surest read."""
    return passed.via == "read" and passed.read_as == passed.plate


def folded(plate: str) -> str:
    """The plate with the characters that readers confuse made the same."""
    return plate.translate(CONFUSED)


def share(part: int, whole: int) -> float | None:
    """To four digits; None of nothing."""
    return round(part / whole, 4) if whole else None


def match_passages(
    truth: Sequence[TruePassage], stored: Sequence[StoredPassage], window: timedelta = WINDOW
) -> Matched:
    """Pair the true passages that were seen with the stored ones."""
    matched = Matched()
    true_left = {n for n, passed in enumerate(truth) if passed.seen}
    stored_left = set(range(len(stored)))
    rounds: list[tuple[list[tuple[int, int]], Callable[[str], str]]] = [
        (matched.exact, str),
        (matched.folded, folded),
        (matched.otherwise, lambda _: ""),
    ]
    for pairs, form in rounds:
        if pairs is matched.otherwise:
            # Before what is left is taken for another vehicle: what is there a second time is none.
            matched.twice += sorted(_again(truth, stored, stored_left, window))
            stored_left -= set(matched.twice)
        pairs.extend(_pairs(truth, stored, true_left, stored_left, form, window))
        true_left -= {one for one, _ in pairs}
        stored_left -= {other for _, other in pairs}
    matched.missing, matched.strange = sorted(true_left), sorted(stored_left)
    return matched


def _pairs(
    truth: Sequence[TruePassage],
    stored: Sequence[StoredPassage],
    true_left: Iterable[int],
    stored_left: Iterable[int],
    form: Callable[[str], str],
    window: timedelta,
) -> Iterator[tuple[int, int]]:
    """The nearest in time of the same camera and form of the plate, each once, in the order of time."""
    waiting: dict[tuple[str, str], list[int]] = defaultdict(list)
    for n in sorted(stored_left, key=lambda n: stored[n].captured_at):
        waiting[stored[n].camera_id, form(stored[n].plate)].append(n)
    for one in sorted(true_left, key=lambda n: truth[n].captured_at):
        passed = truth[one]
        there = waiting.get((passed.camera_id, form(passed.plate)), [])
        near = [n for n in there if abs(stored[n].captured_at - passed.captured_at) <= window]
        if near:
            best = min(near, key=lambda n: abs(stored[n].captured_at - passed.captured_at))
            there.remove(best)
            yield one, best


def _again(
    truth: Sequence[TruePassage], stored: Sequence[StoredPassage], stored_left: Iterable[int], window: timedelta
) -> Iterator[int]:
    """Stored passages left over whose vehicle did pass there and then: it is there already."""
    passed_at: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for passed in truth:
        if passed.seen:
            passed_at[passed.camera_id, folded(passed.plate)].append(passed.captured_at)
    for n in stored_left:
        one = stored[n]
        if any(abs(one.captured_at - at) <= window for at in passed_at.get((one.camera_id, folded(one.plate)), ())):
            yield n


def score_passages(truth: Sequence[TruePassage], stored: Sequence[StoredPassage], matched: Matched) -> PassageScore:
    """The figures."""
    found = matched.found()
    seen = sum(passed.seen for passed in truth)
    readable = {n for n, passed in enumerate(truth) if passed.seen and passed.plate in (passed.read_as, *passed.reads)}
    exact, both = len(matched.exact), len(found)
    return PassageScore(
        true=len(truth),
        seen=seen,
        stored=len(stored),
        exact=exact,
        folded=len(matched.folded),
        read_otherwise=len(matched.otherwise),
        missing=len(matched.missing),
        duplicates=len(matched.twice),
        strange=len(matched.strange),
        recall_exact=share(exact, seen),
        recall_folded=share(both, seen),
        recall_of_all=share(both, len(truth)),
        recall_of_readable=share(len(readable & found.keys()), len(readable)),
        precision_exact=share(exact, len(stored)),
        precision_folded=share(both, len(stored)),
    )


def score_order(truth: Sequence[TruePassage], stored: Sequence[StoredPassage], matched: Matched) -> float | None:
    """Of neighbouring passages of a vehicle: the share that stand in the store in the true order; None: no two."""
    ways: Mapping[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for one, other in matched.found().items():
        ways[truth[one].plate].append((truth[one].captured_at, stored[other].captured_at))
    right = total = 0
    for way in ways.values():
        way.sort(key=lambda step: step[0])
        for (_, before), (_, after) in pairwise(way):
            total += 1
            right += before <= after
    return share(right, total)
