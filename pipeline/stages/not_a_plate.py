"""Whether what an engine read is a plate, or a sign, an advert, a badge, the door of a taxi, a phone number.

Three witnesses are heard. Geometry: does it have a plate's proportions, does the text stand within the plate and fill
it. Syntax: does the text look like a plate, or like what else is written in a street. Confidence: of the characters,
and of the detector of plates where there is one. Syntax never decides: it says how much the two others must show, as a
personalised plate may be any word, and the phone number of a taxi stands in no plate. A read is expensive to lose, so
what is left in doubt is a plate.

No upper bound of the size: a picture may be cut out around one plate. Figures, and how the bounds were found: decision
0010.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from pipeline.plates.band import strip_band
from pipeline.plates.plausible import SHORT, plausibility
from pipeline.plates.writing import Writing, writing_of
from pipeline.vision.crop import side_lengths, tilt_deg
from pipeline.vision.types import PlateReading

__all__ = ["NOT_PLATE_REASONS", "NotPlate", "why_no_plate"]

NotPlate: TypeAlias = Literal["size", "shape", "unsure"] | Writing
"""Why a reading is no plate. size: too small to be read. shape: no plate's proportions. unsure: a text of no series,
with gaps or sure neither in place nor in characters. The others: what it is instead."""
NOT_PLATE_REASONS: tuple[str, ...] = (*get_args(get_args(NotPlate)[0]), *get_args(Writing))

MIN_LINE_PX = 8
"""Lower lines are guessed, not read: PP-OCR makes words of them."""
MAX_TILT_DEG = 45
ONE_LINE_ASPECT = (1.2, 10.0)
"""Width ÷ height of the box. Plates have 4.7, as boxes with their margin 3; oblique views narrow them."""
MORE_LINES_ASPECT = (0.6, 5.0)
OVERHANG = 1.1
"""By how much text may exceed the box of its plate, which the detectors do not place to the pixel. Words on a wall or
a tailgate have no plate around them, and the box goes through them."""
MAX_PITCH = 0.8
"""Length of the text per character, in heights of the line. Plates have 0.4 to 0.7: above, characters are missing."""
SURE_TEXT = 0.9
SURE_PLACE: Mapping[Writing, float] = {"word": 0.7, "number": 0.7, "phone_number": 0.7, "badge": 0.8, "sign": 0.8}
"""What the detector's score must be for a text that is rather something else; the score is the IoU that it expects of
its box, so that 0.7 is sure and half of all plates near enough to be read have 0.87. Less for bare digits and letters:
a B read as 8 makes one of many plates."""
WEAK_TEXT, WEAK_PLACE = 0.8, 0.75
"""Below both, a text of no series is no plate."""


def why_no_plate(reading: PlateReading) -> NotPlate | None:
    """The reason why a reading is no plate, None for a plate."""
    return _by_geometry(reading) or _by_writing(reading) or _by_doubt(reading)


def _by_geometry(reading: PlateReading) -> NotPlate | None:
    if _lowest(reading) < MIN_LINE_PX:
        return "size"
    low, high = _aspects(reading)
    proportions = low <= reading.box.w / max(1, reading.box.h) <= high
    level = all(abs(tilt_deg(line)) <= MAX_TILT_DEG for line in reading.lines)
    return None if proportions and level else "shape"


def _by_writing(reading: PlateReading) -> NotPlate | None:
    writing = writing_of(reading.text_raw) or writing_of(reading.text)
    if writing is None:
        return None
    sure = reading.confidence >= SURE_TEXT and _score(reading) >= SURE_PLACE[writing]
    return None if sure and _is_within(reading) and not _has_gaps(reading) else writing


def _by_doubt(reading: PlateReading) -> NotPlate | None:
    """A text that fits no series and has gaps, or is unsure in characters and place alike."""
    if plausibility(strip_band(reading.text)[0]) > SHORT or _is_strong(reading):
        return None
    place_is_weak = reading.score is not None and reading.score < WEAK_PLACE
    weak = place_is_weak and reading.confidence < WEAK_TEXT
    return "unsure" if weak or _has_gaps(reading) else None


def _is_strong(reading: PlateReading) -> bool:
    return reading.confidence >= SURE_TEXT and _score(reading) >= max(SURE_PLACE.values())


def _score(reading: PlateReading) -> float:
    """An engine that only looks for text vouches for no plate."""
    return reading.score or 0.0


def _aspects(reading: PlateReading) -> tuple[float, float]:
    """Bounds for the number of lines; the wider ones where it is not known."""
    if not reading.lines:
        return MORE_LINES_ASPECT[0], ONE_LINE_ASPECT[1]
    return ONE_LINE_ASPECT if len(reading.lines) == 1 else MORE_LINES_ASPECT


def _lowest(reading: PlateReading) -> float:
    return min((side_lengths(line)[1] for line in reading.lines), default=reading.box.h)


def _is_within(reading: PlateReading) -> bool:
    """Whether the text stands in the box of its plate."""
    sides = [side_lengths(line) for line in reading.lines]
    return all(along <= OVERHANG * reading.box.w and across <= OVERHANG * reading.box.h for along, across in sides)


def _has_gaps(reading: PlateReading) -> bool:
    """Whether the characters stand so far apart that some of them were not read."""
    heights = sum(along / max(across, 1.0) for along, across in map(side_lengths, reading.lines))
    return heights > MAX_PITCH * len(reading.text)
