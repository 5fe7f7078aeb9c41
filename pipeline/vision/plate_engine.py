"""The engine "anpr": a light detector finds plates, PP-OCR looks at these spots alone; see decision 0008."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from pipeline.vision.crop import bounding_box, centre, crop_quad, enclosing_quad, grown, side_lengths
from pipeline.vision.detector import DetectorSettings, PpOcrDetector
from pipeline.vision.plate_detector import PlateDetector
from pipeline.vision.plates import MAX_CHARS, MIN_CHARS, worth_reading
from pipeline.vision.protocols import Detector, Recogniser
from pipeline.vision.recogniser import PpOcrRecogniser
from pipeline.vision.types import CharReading, Image, LineReading, PlateReading, Point, Quad

NAME = "anpr"
_LOOSE = 0.06  # of a box's height: so much too far up and down it reaches; turned training crops have higher boxes
_EMBLEM = 0.11  # of a plate's width: a band takes 0.08; an emblem ends a little before the number begins
_SPAN = 0.4  # of a plate's length, that its longest line covers at least
_LINE_SIDE_PX = 32  # the line detector takes any size that is a multiple of this


@dataclass(frozen=True, slots=True)
class PlateEngineSettings:
    """How a plate's spot is looked at.

    around: margin of the spot, in heights of the plate. line_height_px: the spot is scaled to this height for the
    line detector, to twice as much where the plate is not `two_line_aspect` times as long as high. trusted: spots
    without a line of text are read whole if the plate detector is so sure, 0–1, and are dropped otherwise. inset: cut
    from the height of a spot read whole, above and below. sure: spots read with less confidence are read whole as well.
    certain: letters alone or digits alone are read again only where the plate detector is so sure: some plates are so,
    most words and numbers in a street are not. min_confidence: less confident readings are not told.
    """

    around: float = 0.35
    line_height_px: int = 64
    two_line_aspect: float = 2.2
    trusted: float = 0.6
    inset: float = 0.08
    sure: float = 0.8
    certain: float = 0.7
    min_confidence: float = 0.5


class _Look(NamedTuple):
    """One way to see a plate: the quads of its lines from top to bottom, and what they say."""

    lines: tuple[Quad, ...]
    readings: tuple[LineReading, ...]

    @property
    def chars(self) -> tuple[CharReading, ...]:
        return tuple(c for reading in self.readings for c in reading.chars)

    @property
    def text(self) -> str:
        return "".join(c.char for c in self.chars)

    @property
    def worth(self) -> tuple[bool, float]:
        """Looks are compared by it: something of a plate's length first, then the more confident."""
        chars = self.chars
        mean = sum(c.confidence for c in chars) / len(chars) if chars else 0.0
        return MIN_CHARS <= len(chars) <= MAX_CHARS, mean


class _Spot(NamedTuple):
    """Where the detector sees a plate: number of the frame, quad in it."""

    frame: int
    quad: Quad


class PlateEngine:
    """Find plates, place their lines, read them; doubtful ones are read whole as well.

    Stateless: safe to call from several threads if its parts are. A frame without plates costs the detection only.
    """

    def __init__(
        self,
        plates: Detector,
        lines: Detector,
        recogniser: Recogniser,
        settings: PlateEngineSettings | None = None,
    ) -> None:
        """plates: finds whole plates. lines: finds text in a small picture of one. All are loaded and shared."""
        self._plates, self._lines, self._recogniser = plates, lines, recogniser
        self._settings = settings or PlateEngineSettings()

    @property
    def name(self) -> str:
        """See Engine."""
        return NAME

    def find(self, frame: Image) -> tuple[Quad, ...]:
        """Where plates stand in `frame`, legible or not: upright quads, likeliest first.

        As high as annotators draw them. To be read, plates keep the room that the detector leaves around them.
        """
        return tuple(inset(q, _LOOSE) for q in self._spots(frame))

    def _spots(self, frame: Image) -> list[Quad]:
        return [q for q in self._plates.detect(frame) if worth_reading(q)]

    def read(self, frame: Image) -> tuple[PlateReading, ...]:
        """See Engine."""
        return self.read_many((frame,))[0]

    def read_many(self, frames: Sequence[Image]) -> tuple[tuple[PlateReading, ...], ...]:
        """See Engine. Crops of all frames go to the recogniser together."""
        spots = [_Spot(n, q) for n, f in enumerate(frames) for q in self._spots(f) if not is_cut(q, f.shape[1])]
        placed = [(s, lines) for s in spots if (lines := self._lines_of(frames[s.frame], s.quad))]
        spots = [s for s, _ in placed]
        looks = self._look(frames, spots, [lines for _, lines in placed])
        looks = self._without_emblems(frames, spots, self._look_again(frames, spots, looks))
        found: list[list[PlateReading]] = [[] for _ in frames]
        for spot, look in zip(spots, looks, strict=True):
            if self._is_read(look):
                found[spot.frame].append(_reading(spot.quad, look, frames[spot.frame].shape))
        return tuple(tuple(sorted(of_frame, key=lambda p: -p.confidence)) for of_frame in found)

    def _lines_of(self, frame: Image, plate: Quad) -> tuple[Quad, ...]:
        """The plate's lines of text from top to bottom: as the line detector places them, else the plate itself.

        Empty: no text, and the plate is too unsure to be read without.
        """
        return text_lines(plate, self._text_near(frame, plate)) or (
            self._whole(plate) if self._is_trusted(plate) else ()
        )

    def _whole(self, plate: Quad) -> tuple[Quad, ...]:
        return (inset(plate, self._settings.inset),)

    def _is_trusted(self, plate: Quad) -> bool:
        return plate.score >= self._settings.trusted

    def _text_near(self, frame: Image, plate: Quad) -> list[Quad]:
        """The lines that the line detector sees in a plate's spot, in pixels of the frame."""
        s = self._settings
        around = grown(plate, s.around)
        along, across = side_lengths(plate)
        height = s.line_height_px * (2 if along < s.two_line_aspect * across else 1)
        picture, scale = scaled_to(crop_quad(frame, around), height)
        found = (_placed(q, around.corners[0], scale) for q in self._lines.detect(picture))
        return [q for q in found if worth_reading(q)]

    def _look(self, frames: Sequence[Image], spots: Sequence[_Spot], lines: Sequence[tuple[Quad, ...]]) -> list[_Look]:
        """The lines of each spot, read."""
        crops = [crop_quad(frames[s.frame], q) for s, of_spot in zip(spots, lines, strict=True) for q in of_spot]
        readings = iter(self._recogniser.recognise(crops))
        return [_Look(of_spot, tuple(next(readings) for _ in of_spot)) for of_spot in lines]

    def _look_again(self, frames: Sequence[Image], spots: Sequence[_Spot], looks: list[_Look]) -> list[_Look]:
        """The better look at each spot, once the doubtful ones have been read whole."""
        doubtful = [n for n, look in enumerate(looks) if self._is_doubtful(spots[n], look)]
        whole = [self._whole(spots[n].quad) for n in doubtful]
        best = list(looks)
        for n, look in zip(doubtful, self._look(frames, [spots[n] for n in doubtful], whole), strict=True):
            best[n] = max(best[n], look, key=lambda one: one.worth)
        return best

    def _without_emblems(self, frames: Sequence[Image], spots: Sequence[_Spot], looks: list[_Look]) -> list[_Look]:
        """The same looks, less a first letter that was an emblem or a euro band.

        That is what a doubtful first letter mostly is. It goes only if the number without its left end reads as the
        rest: a first letter that belongs there becomes another one when it is cut.
        """
        doubtful = [n for n, look in enumerate(looks) if self._starts_doubtfully(look)]
        cut = [tuple(without_emblem(q, spots[n].quad) for q in looks[n].lines) for n in doubtful]
        out = list(looks)
        for n, look in zip(doubtful, self._look(frames, [spots[n] for n in doubtful], cut), strict=True):
            if look.text == looks[n].text[1:]:
                out[n] = look
        return out

    def _starts_doubtfully(self, look: _Look) -> bool:
        """Only letters: no emblem looks like a digit, and plates may begin with one of those."""
        chars = look.chars
        return len(chars) > MIN_CHARS and chars[0].char.isalpha() and chars[0].confidence < self._settings.sure

    def _is_doubtful(self, spot: _Spot, look: _Look) -> bool:
        """Worth another look: not sure, but a plate by what it says so far or by its detector; not read whole yet."""
        fits, mean = look.worth
        if (fits and mean >= self._settings.sure) or look.lines == self._whole(spot.quad):
            return False
        return self._may_be_plate(spot, look) or self._is_trusted(spot.quad)

    def _is_read(self, look: _Look) -> bool:
        """Of a plate's length, and read well enough. Whether it is a plate is for the stage to say."""
        fits, mean = look.worth
        return fits and mean >= self._settings.min_confidence

    def _may_be_plate(self, spot: _Spot, look: _Look) -> bool:
        """Enough of one to be worth another look: of letters and digits, unless seen for sure."""
        text = look.text
        return self._is_read(look) and (
            not (text.isalpha() or text.isdigit()) or spot.quad.score >= self._settings.certain
        )


def load_anpr(*, threads: int = 1) -> PlateEngine:
    """The engine, models loaded. threads: CPU threads per call, ≥ 1; safe to call from several threads.

    Raises ModelMissing if the package rapidocr or its models are absent.
    """
    as_it_is = DetectorSettings(min_short_px=_LINE_SIDE_PX, max_short_px=736)
    lines = PpOcrDetector(threads=threads, settings=as_it_is)
    return PlateEngine(PlateDetector(threads=threads), lines, PpOcrRecogniser(threads=threads))


def is_cut(plate: Quad, frame_width: int) -> bool:
    """Whether one end of the plate is beyond the frame, and with it a part of the number.

    Not if it fills half of the width: then the picture is a crop of the plate, and the edge near its end.
    """
    left, right = plate.corners[0][0], plate.corners[1][0]
    return (left <= 1 or right >= frame_width - 1) and right - left < frame_width / 2


def scaled_to(picture: Image, height_px: int) -> tuple[Image, float]:
    """The picture scaled to a height, and by how much."""
    scale = height_px / picture.shape[0]
    width = max(1, round(picture.shape[1] * scale))
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (width, height_px), interpolation=way), np.uint8), scale


def text_lines(plate: Quad, found: Iterable[Quad]) -> tuple[Quad, ...]:
    """Of the lines found in a plate's spot those of its number, from top to bottom; parts of a row become one.

    None if the longest is short: a number fills its plate.
    """
    height = side_lengths(plate)[1]
    inside = [q for q in found if _is_inside(centre(q), plate) and side_lengths(q)[1] >= 0.3 * height]
    rows: list[list[Quad]] = []
    for quad in sorted(inside, key=lambda q: centre(q)[1]):
        if rows and abs(centre(quad)[1] - centre(rows[-1][-1])[1]) < 0.5 * side_lengths(quad)[1]:
            rows[-1].append(quad)
        else:
            rows.append([quad])
    lines = tuple(enclosing_quad(sorted(row, key=lambda q: q.corners[0])) for row in rows)
    longest = max((side_lengths(line)[0] for line in lines), default=0.0)
    return lines if longest >= _SPAN * side_lengths(plate)[0] else ()


def _is_inside(point: Point, plate: Quad) -> bool:
    (x0, y0), _, (x1, y1), _ = plate.corners
    return x0 <= point[0] <= x1 and y0 <= point[1] <= y1


def _placed(quad: Quad, corner: Point, scale: float) -> Quad:
    """A quad of the enlarged spot, in the frame."""
    a, b, c, d = ((corner[0] + x / scale, corner[1] + y / scale) for x, y in quad.corners)
    return replace(quad, corners=(a, b, c, d))


def inset(quad: Quad, share: float) -> Quad:
    """An upright quad with `share` of its height cut off above and below."""
    (x0, y0), _, (x1, y1), _ = quad.corners
    cut = (y1 - y0) * share
    return replace(quad, corners=((x0, y0 + cut), (x1, y0 + cut), (x1, y1 - cut), (x0, y1 - cut)))


def without_emblem(line: Quad, plate: Quad) -> Quad:
    """The line, beginning where a euro band or an emblem at the left end of the plate would end."""
    (x0, _), (x1, _), _, _ = plate.corners
    start = x0 + _EMBLEM * (x1 - x0)
    ul, ur, lr, ll = line.corners
    return replace(line, corners=(_from(start, ul, ur), ur, lr, _from(start, ll, lr)))


def _from(start: float, left: Point, right: Point) -> Point:
    """The point at x = `start` between two, or the left one if it is further to the right already."""
    if left[0] >= start or right[0] <= start:
        return left
    share = (start - left[0]) / (right[0] - left[0])
    return start, left[1] + share * (right[1] - left[1])


def _reading(plate: Quad, look: _Look, frame_shape: tuple[int, ...]) -> PlateReading:
    return PlateReading(
        text=look.text,
        text_raw=" ".join(reading.text_raw for reading in look.readings),
        confidence=look.worth[1],
        chars=look.chars,
        box=bounding_box(plate, (frame_shape[0], frame_shape[1])),
        score=plate.score,
        lines=look.lines,
    )
