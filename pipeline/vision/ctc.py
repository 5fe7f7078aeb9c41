"""CTC decoding that keeps what the recogniser doubted: confidence and alternatives of every character."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.vision.alphabet import PLATE_CHARS, Folding, Probs
from pipeline.vision.types import CharReading, LineReading

BLANK = 0
MAX_ALTERNATIVES = 4
_MIN_ALTERNATIVE = 1e-4  # below this a doubt is noise of the softmax


class _Run(NamedTuple):
    """Steps start ≤ t < end with one label."""

    label: int
    start: int
    end: int


def decode_line(probs: Probs, characters: Sequence[str], folding: Folding) -> LineReading:
    """Greedy CTC decoding of one line.

    probs: (steps, classes), softmax output; class 0 is the blank, class i prints `characters[i]`.
    """
    raw = "".join(characters[run.label] for run in _runs(probs.argmax(axis=1)))
    folded = folding.fold(probs)
    return LineReading(raw, tuple(_char(folded, run) for run in _runs(folded.argmax(axis=1))))


def _runs(path: npt.NDArray[np.intp]) -> list[_Run]:
    """The runs of equal labels along `path` (steps,), blanks left out."""
    edges = (np.flatnonzero(np.diff(path)) + 1).tolist()
    starts, ends = [0, *edges], [*edges, len(path)]
    runs = [_Run(int(path[a]), a, b) for a, b in zip(starts, ends, strict=True) if a < b]
    return [run for run in runs if run.label != BLANK]


def _char(folded: Probs, run: _Run) -> CharReading:
    """The character of a run, judged at the step where it is clearest. Label i is PLATE_CHARS[i − 1]."""
    peak = folded[run.start + int(folded[run.start : run.end, run.label].argmax())]
    ranked = [i for i in np.argsort(-peak[1:], kind="stable").tolist() if i + 1 != run.label]
    others = [(PLATE_CHARS[i], _unit(peak[i + 1])) for i in ranked[:MAX_ALTERNATIVES]]
    doubts = tuple(other for other in others if other[1] >= _MIN_ALTERNATIVE)
    return CharReading(PLATE_CHARS[run.label - 1], _unit(peak[run.label]), doubts)


def _unit(probability: np.float32) -> float:
    """As a float in 0–1: sums of float32 may pass 1 by a rounding error."""
    return min(1.0, float(probability))
