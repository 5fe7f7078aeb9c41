"""From lines of any text to what may be plates, by shape alone: no country's rules are known here."""

from collections.abc import Iterable

from pipeline.vision.crop import bounding_box, centre, enclosing_quad, side_lengths
from pipeline.vision.types import CharReading, PlateReading, Quad, TextLine

MIN_CHARS, MAX_CHARS = 4, 9
_MIN_ASPECT, _MAX_ASPECT = 1.2, 10.0  # of the text, which is shorter than its plate; oblique views narrow it
# The letter in a euro band is smaller than the number, lettering on a car body larger: neither is joined to it.
_TALLER = 1.4  # how much the heights of two parts of one number may differ
# In heights of the lower of two boxes:
_LEVEL = 0.4  # how far apart the centres of two parts of one line may lie, across the text
_GAP = 1.0  # how far apart they may stand along it; bolts and seals widen the gap
_OVERLAP = 0.5  # and how far the boxes, which are grown a little, may overlap

Group = tuple[TextLine, ...]


def worth_reading(quad: Quad) -> bool:
    """Whether a quad can hold a plate or a part of one: not upright text, not a speck."""
    along, across = side_lengths(quad)
    return across >= 6 and along >= 0.5 * across


def plate_groups(lines: Iterable[TextLine]) -> tuple[Group, ...]:
    """Lines and joined lines that may be a plate; each line is in one group at most.

    Of neighbours in a row, as many as together have the shape of a plate become one group.
    """
    return tuple(group for row in _rows(lines) for group in _longest_runs(row))


def _longest_runs(row: Group) -> list[Group]:
    """The row cut into runs that may be a plate, the longest first served; what is left over is dropped."""
    for size in range(len(row), 0, -1):
        for start in range(len(row) - size + 1):
            run = row[start : start + size]
            if may_be_plate(run):
                return [*_longest_runs(row[:start]), run, *_longest_runs(row[start + size :])]
    return []


def may_be_plate(group: Group) -> bool:
    """4–9 characters with a digit among them, in a box of plausible proportions."""
    chars = _chars(group)
    if not MIN_CHARS <= len(chars) <= MAX_CHARS or not any(c.char.isdigit() for c in chars):
        return False
    along, across = side_lengths(enclosing_quad([line.quad for line in group]))
    return _MIN_ASPECT <= along / max(across, 1.0) <= _MAX_ASPECT


def to_plate(group: Group, frame_hw: tuple[int, int]) -> PlateReading:
    """The reading of a group of lines, left to right, in a frame of `frame_hw` (height, width)."""
    chars, line = _chars(group), enclosing_quad([one.quad for one in group])
    return PlateReading(
        text="".join(c.char for c in chars),
        text_raw=" ".join(one.reading.text_raw for one in group),
        confidence=sum(c.confidence for c in chars) / len(chars),
        chars=chars,
        box=bounding_box(line, frame_hw),
        lines=(line,),
    )


def _chars(group: Group) -> tuple[CharReading, ...]:
    return tuple(c for line in group for c in line.reading.chars)


def _rows(lines: Iterable[TextLine]) -> list[Group]:
    """Lines gathered into rows of neighbours, each from left to right."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda one: one.quad.corners[0]):
        row = next((r for r in rows if _side_by_side(r[-1].quad, line.quad)), None)
        if row is None:
            rows.append([line])
        else:
            row.append(line)
    return [tuple(row) for row in rows]


def _side_by_side(left: Quad, right: Quad) -> bool:
    """Whether `right` continues the text of `left`."""
    low, high = sorted((side_lengths(left)[1], side_lengths(right)[1]))
    apart = right.corners[0][0] - left.corners[1][0]
    level = abs(centre(left)[1] - centre(right)[1])
    return high <= _TALLER * low and -_OVERLAP * low <= apart <= _GAP * low and level <= _LEVEL * low
