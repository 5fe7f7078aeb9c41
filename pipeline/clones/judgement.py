"""How likely it is that two vehicles wear the plate, and not that one of them was misread. Bayes, and no more.

Of two sides that can not be one car there are two explanations: both were read rightly, and there are two cars with the
plate; or one side is another vehicle's, misread, and by chance its text is a plate that is out as well. The second is
the more frequent by far, so it takes many looks, or very sure ones, to believe the first.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import combinations
from math import lgamma, log, log1p
from typing import NamedTuple

import yaml

from pipeline.clones.sides import sides_of
from pipeline.clones.sighting import Sighting

__all__ = ["Assumptions", "Finding", "assumptions", "clock_odds", "finding_of", "side_wrong", "two_vehicles"]


class Assumptions(NamedTuple):
    """Of assumptions.yaml, which says what they mean; shares, 0-1."""

    twins: float
    strangers: float
    again: float
    wrong_clocks: float
    misfits: float
    clock_from: float
    tell_from: float


@functools.cache
def assumptions() -> Assumptions:
    """As the file beside this one has them."""
    return Assumptions(**yaml.safe_load(files(__package__).joinpath("assumptions.yaml").read_text("utf-8")))


class Finding(NamedTuple):
    """Two sides of a plate that can not be one vehicle."""

    first: Sighting
    """The last passage of one side before the other appears …"""
    second: Sighting
    """… and the first of that: the two that are shown."""
    passages: list[Sighting]
    """Of both sides, in order of time."""
    score: float
    """Probability that they are two vehicles."""


def side_wrong(side: Iterable[Sighting], given: Assumptions) -> float:
    """Probability that all of a side are misreads of another vehicle.

    Each further camera that read the same makes it less likely; the same camera again tells nothing new.
    """
    least: dict[str, float] = {}
    for one in side:
        least[one.camera_id] = min(one.wrong, least.get(one.camera_id, 1.0))
    return min(least.values()) * given.again ** (len(least) - 1)


def two_vehicles(wrong: float, other_wrong: float, given: Assumptions) -> float:
    """Probability of two vehicles with the plate, by how likely each side is misread."""
    twins = given.twins * (1 - wrong) * (1 - other_wrong)
    misread = given.strangers * (wrong + other_wrong - wrong * other_wrong)
    return twins / (twins + misread)


def finding_of(way: Sequence[Sighting], given: Assumptions) -> Finding | None:
    """The likeliest two vehicles among passages in order of time; None: one can have been them all."""
    sides = sides_of(way)
    if len(sides) < 2:
        return None
    wrong = [side_wrong(side, given) for side in sides]
    scores = {(a, b): two_vehicles(wrong[a], wrong[b], given) for a, b in combinations(range(len(sides)), 2)}
    a, b = max(scores, key=lambda pair: (scores[pair], -pair[0], -pair[1]))
    second = sides[b][0]
    first = max((one for one in sides[a] if one.order < second.order), key=lambda one: one.order)
    both = sorted(sides[a] + sides[b], key=lambda one: one.order)
    return Finding(first, second, both, scores[a, b])


def clock_odds(misfits: int, passages: int, given: Assumptions) -> float:
    """Log of the odds that a camera's clock is wrong, where so many of its passages are of plates that do not fit.

    Of a right clock few are, by `Assumptions.misfits`; of a wrong one any share, as it hangs on how much it is wrong
    and on how many of its plates are seen elsewhere: all shares are held to be equally likely.
    """
    passages = max(passages, misfits)
    fits = passages - misfits
    of_wrong = lgamma(misfits + 1) + lgamma(fits + 1) - lgamma(passages + 2)
    of_right = misfits * log(given.misfits) + fits * log1p(-given.misfits)
    return log(given.wrong_clocks) - log1p(-given.wrong_clocks) + of_wrong - of_right
