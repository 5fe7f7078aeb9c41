"""An engine made of a line detector and a line recogniser, whichever they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from pipeline.vision.crop import crop_quad, grown
from pipeline.vision.plates import Group, may_be_plate, plate_groups, to_plate, worth_reading
from pipeline.vision.protocols import Detector, Recogniser
from pipeline.vision.types import Image, PlateReading, TextLine


@dataclass(frozen=True, slots=True)
class LineEngineSettings:
    """How lines become plates.

    looks: further margins at which each line of a candidate is read, in heights of the line; the most confident
    reading counts. Tight crops shut out bands and frames, wide ones save cut characters: worth nothing on sharp
    pictures, 2 to 15 points on noisy, small and tilted ones.
    min_confidence: readings below this mean confidence, 0–1, are not plates.
    """

    looks: tuple[float, ...] = (-0.1, 0.07)
    min_confidence: float = 0.5


class LineEngine:
    """Detect lines, read them, keep and re-read what may be plates.

    Stateless: safe to call from several threads if detector and recogniser are.
    """

    def __init__(
        self,
        name: str,
        detector: Detector,
        recogniser: Recogniser,
        settings: LineEngineSettings | None = None,
    ) -> None:
        """name: what the engine is chosen by. The parts are loaded already and are shared, not copied."""
        self._name = name
        self._detector = detector
        self._recogniser = recogniser
        self._settings = settings or LineEngineSettings()

    @property
    def name(self) -> str:
        """See Engine."""
        return self._name

    def read(self, frame: Image) -> tuple[PlateReading, ...]:
        """See Engine. A frame without text costs the detection only."""
        return self.read_many((frame,))[0]

    def read_many(self, frames: Sequence[Image]) -> tuple[tuple[PlateReading, ...], ...]:
        """See Engine. Crops of all frames go to the recogniser together."""
        lines = self._first_look(frames)
        groups = self._look_again(frames, [plate_groups(of_frame) for of_frame in lines])
        return tuple(self._plates(g, f.shape[:2]) for g, f in zip(groups, frames, strict=True))

    def _first_look(self, frames: Sequence[Image]) -> list[list[TextLine]]:
        """Every line of every frame, read as detected."""
        quads = [[q for q in self._detector.detect(f) if worth_reading(q)] for f in frames]
        crops = [crop_quad(f, q) for f, of_frame in zip(frames, quads, strict=True) for q in of_frame]
        readings = iter(self._recogniser.recognise(crops))
        return [[TextLine(q, next(readings)) for q in of_frame] for of_frame in quads]

    def _look_again(self, frames: Sequence[Image], groups: Sequence[tuple[Group, ...]]) -> list[list[Group]]:
        """The same groups, each line with the best of its readings at all margins."""
        crops = [
            crop_quad(frame, grown(line.quad, margin))
            for frame, of_frame in zip(frames, groups, strict=True)
            for line in chain.from_iterable(of_frame)
            for margin in self._settings.looks
        ]
        readings = iter(self._recogniser.recognise(crops))

        def best(line: TextLine) -> TextLine:
            looks = [line.reading, *(next(readings) for _ in self._settings.looks)]
            return replace(line, reading=max(looks, key=lambda r: r.confidence))

        return [[tuple(best(line) for line in group) for group in of_frame] for of_frame in groups]

    def _plates(self, groups: Sequence[Group], frame_hw: tuple[int, ...]) -> tuple[PlateReading, ...]:
        plates = [to_plate(g, (frame_hw[0], frame_hw[1])) for g in groups if may_be_plate(g)]
        sure = [p for p in plates if p.confidence >= self._settings.min_confidence]
        return tuple(sorted(sure, key=lambda p: -p.confidence))
