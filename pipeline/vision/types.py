"""What the vision engines take and give. Values only; nothing here computes on pixels."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Image: TypeAlias = npt.NDArray[np.uint8]
"""A picture: shape (height, width, 3), uint8, channel order blue, green, red."""

Point: TypeAlias = tuple[float, float]
"""(x, y) in pixels of the frame; x to the right, y downwards, origin at the upper left corner."""


@dataclass(frozen=True, slots=True)
class BoxPx:
    """An upright rectangle in pixels of the frame; (x, y) is its upper left corner, w and h its extent."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Quad:
    """A detected text line: four corners in reading order and the detector's score.

    corners: upper left, upper right, lower right, lower left as seen along the text. score: 0–1.
    """

    corners: tuple[Point, Point, Point, Point]
    score: float


@dataclass(frozen=True, slots=True)
class CharReading:
    """One character as read.

    char: one of A–Z, 0–9. confidence: the recogniser's probability for it, 0–1.
    alternatives: up to four other characters of A–Z, 0–9 with their probability, most probable first.
    """

    char: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class LineReading:
    """One line of text as recognised in one crop.

    text_raw: what the model gave, any script, separators included. chars: the same line reduced to A–Z and 0–9.
    """

    text_raw: str
    chars: tuple[CharReading, ...]

    @property
    def text(self) -> str:
        """The characters of `chars`, compact: `[A-Z0-9]*`."""
        return "".join(c.char for c in self.chars)

    @property
    def confidence(self) -> float:
        """Mean confidence of the characters, 0–1; 0 for an empty line."""
        return sum(c.confidence for c in self.chars) / len(self.chars) if self.chars else 0.0


@dataclass(frozen=True, slots=True)
class TextLine:
    """A detected line together with what it says: the meeting point of detector and recogniser."""

    quad: Quad
    reading: LineReading


@dataclass(frozen=True, slots=True)
class PlateReading:
    """What may be one plate in one frame.

    text: compact, `[A-Z0-9]{4,9}`, never repaired. text_raw: as the engine gave it, parts joined by a space.
    confidence: mean over `chars`, 0–1. chars: one entry per character of `text`. box: inside the frame.
    score: how sure a detector of plates is of the place, 0–1; None from engines that only look for text.
    lines: where the text stands, from top to bottom; empty if the engine does not tell.
    """

    text: str
    text_raw: str
    confidence: float
    chars: tuple[CharReading, ...]
    box: BoxPx
    score: float | None = None
    lines: tuple[Quad, ...] = ()
