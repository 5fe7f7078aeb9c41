"""Cameras whose clock is wrong: every car that passes them would have a twin. Pure.

Many plates that do not fit, all at one camera, point at the camera. Its neighbours have as many that do not fit *with
it*; so the worst one is held to be the cause first, and what only does not fit with it tells nothing of the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import exp, log

from pipeline.clones.judgement import Assumptions, clock_odds
from pipeline.clones.memory import KEPT_SLICES, Memory, Misfits

__all__ = ["Clocks", "cameras_in", "suspects"]

AS_LIKELY = log(10)
"""Odds less than ten times apart do not tell two cameras apart."""


class Clocks:
    """Of the cameras of one partition: whose clock is held to be wrong."""

    def __init__(
        self,
        given: Assumptions,
        found: Mapping[str, float] | None = None,
        lasting: Mapping[str, tuple[int, int]] | None = None,
    ) -> None:
        """found, lasting: as they were, when state is taken over."""
        self._given = given
        self.found: Mapping[str, float] = found or {}
        """Suspects by what is remembered, with the probability."""
        self.lasting = dict(lasting or {})
        """Camera → slice in which what spoke against it began to be forgotten, and the first message of that."""

    def __contains__(self, camera_id: str) -> bool:
        return camera_id in self.found or camera_id in self.lasting

    def probability(self, camera_id: str) -> float:
        """That its clock is wrong, by what is remembered; 0: it is no suspect."""
        return self.found.get(camera_id, 0.0)

    def look(self, memory: Memory) -> set[str]:
        """Judge anew; cameras that are suspects now and were not, or no longer are."""
        before = self.found.keys() | self.lasting.keys()
        self.found = self._suspects(memory)
        return before ^ (self.found.keys() | self.lasting.keys())

    def forgot(self, memory: Memory, number: int, oldest: int) -> None:
        """Slices were let go, at the time of slice `number`; `oldest`: first message of what was known before.

        Who is no suspect only for that stays one until the rest is forgotten too: those passages are no better now.
        """
        before, self.found = self.found, self._suspects(memory)
        self.lasting = {camera: since for camera, since in self.lasting.items() if since[0] >= number - KEPT_SLICES}
        for camera in before.keys() - self.found.keys():
            self.lasting.setdefault(camera, (number, oldest))

    def needed(self) -> Iterable[int]:
        """Offsets from which reading again finds again what lasts."""
        return (offset for _, offset in self.lasting.values())

    def _suspects(self, memory: Memory) -> dict[str, float]:
        misfits = memory.misfits().values()
        return suspects(misfits, memory.passages_at(cameras_in(misfits)), self._given)


def cameras_in(misfits: Iterable[Misfits]) -> set[str]:
    """All that are named."""
    return {camera for pairs in misfits for pair in pairs for camera in pair}


def suspects(misfits: Iterable[Misfits], passages: Mapping[str, int], given: Assumptions) -> dict[str, float]:
    """Cameras whose clock is held to be wrong, with the probability; the worst first.

    misfits: one for each plate. passages: by camera, within the same time. Cameras of which nothing tells which is the
    cause are all among them, and share the probability.
    """
    open_pairs = [pairs for pairs in misfits if pairs]
    least = log(given.clock_from / (1 - given.clock_from))
    found: dict[str, float] = {}
    while True:
        odds = _odds(open_pairs, passages, given)
        worst = max(odds.values(), default=least - 1)
        if worst < least:
            return found
        causes = sorted(camera for camera, its in odds.items() if its > worst - AS_LIKELY)
        found |= dict.fromkeys(causes, 1 / (1 + exp(-worst)) / len(causes))
        open_pairs = [frozenset(pair for pair in pairs if found.keys().isdisjoint(pair)) for pairs in open_pairs]


def _odds(misfits: Iterable[Misfits], passages: Mapping[str, int], given: Assumptions) -> dict[str, float]:
    plates: defaultdict[str, int] = defaultdict(int)
    for pairs in misfits:
        for camera in {camera for pair in pairs for camera in pair}:
            plates[camera] += 1
    return {camera: clock_odds(count, passages.get(camera, 0), given) for camera, count in plates.items()}
