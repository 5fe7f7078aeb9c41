"""How usual texts are as plates, as far as the order of letters and digits tells: their outline.

What a camera reads is right the likelier, the more usual it is as a plate; and a text that it may be instead counts
only as far as plates of its outline are on the road. A `Z` that is read where plates begin with a digit is a `2`.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.hotlist.calibration import Floats
from pipeline.hotlist.spelling import Bytes
from pipeline.plates.shapes import text_density
from pipeline.plates.text import MAX_LENGTH

__all__ = ["Outlook", "outlooks", "usualness"]

USUAL = text_density("1KKK555")
"""Of the series of today: what others are compared with."""
STAND_INS = {"L": "K", "D": "5", "1": "1"}
"""Characters that all plates with a letter, a digit, a leading 1 or 2 may have there."""
SERIES_FROM, SERIES_LENGTH = 0.9, 6
"""From here on the texts of an outline are alike: all letters are in use."""
LETTER, DIGIT, LEADING = 1, 2, 3
SIGNS = "-LD1"
_CLASS: NDArray[np.int64] = np.zeros(256, dtype=np.int64)
_CLASS[ord("A") : ord("Z") + 1] = LETTER
_CLASS[ord("0") : ord("9") + 1] = DIGIT
_PLACES = 4 ** np.arange(MAX_LENGTH)


class Outlook(NamedTuple):
    """Of texts, by their index: how usual other texts are that may be meant. All 0-1, against the series of today."""

    own: Floats
    """Texts of the same outline."""
    turned: Floats
    """(texts, 12) with a letter for a digit, or a digit for a letter, at each place."""
    longer: Floats
    """(texts, 2) with one more character before, after."""
    shorter: Floats
    """(texts, 2) without the first, the last one."""


def usualness(rows: Bytes) -> Floats:
    """How usual each text is, 0-1: of the great series by the outline, of others by the very text."""
    codes, which = np.unique(_codes(rows), return_inverse=True)
    outlines = [_signs(code) for code in codes.tolist()]
    found: Floats = np.array([_usual(signs) for signs in outlines], dtype=np.float64)[which]
    is_series = np.array([_is_series(signs) for signs in outlines], dtype=np.bool_)[which]
    others = np.flatnonzero(~is_series)
    found[others] = [_usual_text(row.tobytes().rstrip(b"\0").decode("latin-1")) for row in rows[others]]
    return found


def outlooks(rows: Bytes) -> Outlook:
    """What these texts may be instead."""
    codes, which = np.unique(_codes(rows), return_inverse=True)
    found = [_outlook(_signs(code)) for code in codes.tolist()]
    return Outlook(*(np.array(part, dtype=np.float64)[which] for part in zip(*found, strict=True)))


def _codes(rows: Bytes) -> NDArray[np.int64]:
    """One number for each outline."""
    classes = _CLASS[rows]
    classes[(rows[:, 0] == ord("1")) | (rows[:, 0] == ord("2")), 0] = LEADING
    codes: NDArray[np.int64] = classes @ _PLACES
    return codes


def _signs(code: int) -> str:
    """L, D, or 1 for a leading 1 or 2, per character."""
    return "".join(SIGNS[code >> 2 * place & 3] for place in range(MAX_LENGTH)).rstrip("-")


@functools.cache  # there are no more outlines than orders of letters and digits
def _usual(signs: str) -> float:
    return _usual_text("".join(STAND_INS.get(sign, "") for sign in signs)) if 0 < len(signs) <= MAX_LENGTH else 0.0


def _usual_text(text: str) -> float:
    return min(1.0, text_density(text) / USUAL)


def _is_series(signs: str) -> bool:
    """Not with any digit in front: those of Belgium tell series apart, of which some are small."""
    return len(signs) >= SERIES_LENGTH and not signs.startswith("D") and _usual(signs) >= SERIES_FROM


@functools.cache
def _outlook(signs: str) -> tuple[float, list[float], list[float], list[float]]:
    turned = [_best(signs[:n], "1D" if sign == "L" else "L", signs[n + 1 :]) for n, sign in enumerate(signs)]
    behind = signs.replace("1", "D")
    return (
        _usual(signs),
        turned + [0.0] * (MAX_LENGTH - len(signs)),
        [_best("", "1DL", behind), _best(signs, "DL", "")],
        [_best("", "1D", signs[2:]) if signs[1:2] == "D" else _usual(signs[1:]), _usual(signs[:-1])],
    )


def _best(before: str, signs: str, after: str) -> float:
    """The most usual outline with one of these signs between."""
    return max(_usual(before + sign + after) for sign in signs if sign != "1" or not before)
