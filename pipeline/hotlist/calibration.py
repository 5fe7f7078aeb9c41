"""What a reader's confidence is worth: from what it claims to how often it is right."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

__all__ = ["Curve", "ReaderCurves", "curves_of"]

Floats = NDArray[np.float64]


class Curve(NamedTuple):
    """A line through measured points."""

    claimed: Floats
    found: Floats

    def __call__(self, claimed: Floats) -> Floats:
        """What claims were worth."""
        return np.interp(claimed, self.claimed, self.found)


class ReaderCurves(NamedTuple):
    """Of one family of readers."""

    one: Curve
    """Confidence of a passage of one read → probability that its plate is right."""
    several: Curve
    """The same for passages of several reads."""


def curves_of(reader: str) -> ReaderCurves:
    """Of the family whose name the reader's begins with; the last one, of no name, is for all others."""
    return next(curves for name, curves in _families() if reader.startswith(name))


@functools.cache
def _families() -> Sequence[tuple[str, ReaderCurves]]:
    rows = yaml.safe_load(files(__package__).joinpath("calibration.yaml").read_text("utf-8"))
    families = [(row["reader"], ReaderCurves(*(_curve(row[name]) for name in ReaderCurves._fields))) for row in rows]
    return sorted(families, key=lambda family: -len(family[0]))


def _curve(points: Sequence[Sequence[float]]) -> Curve:
    claimed, found = np.array(points, dtype=np.float64).T
    return Curve(claimed, found)
