"""The three seams of reading: find lines, read crops, and both together. Each can be replaced alone."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from pipeline.vision.types import Image, LineReading, PlateReading, Quad


class Detector(Protocol):
    """Finds where text may stand in a frame."""

    def detect(self, frame: Image) -> tuple[Quad, ...]:
        """Quads of `frame` (H, W, 3), in pixels of that frame, in no particular order. Leaves `frame` as it is."""
        ...


class Recogniser(Protocol):
    """Reads crops that each hold one line of text."""

    def recognise(self, crops: Sequence[Image]) -> tuple[LineReading, ...]:
        """One reading per crop (h, w, 3), in the order given; an unreadable crop gives an empty reading."""
        ...


class Engine(Protocol):
    """Frame in, plates out. Loaded once, then called for every frame; callable from several threads."""

    @property
    def name(self) -> str:
        """The name it is chosen by, e.g. "rapidocr"."""
        ...

    def read(self, frame: Image) -> tuple[PlateReading, ...]:
        """What may be plates in `frame` (H, W, 3), most confident first. Leaves `frame` as it is."""
        ...

    def read_many(self, frames: Sequence[Image]) -> tuple[tuple[PlateReading, ...], ...]:
        """`read` for several frames, which may differ in size; one result per frame, in the order given."""
        ...


@runtime_checkable
class Finder(Protocol):
    """An engine that also tells plates that it cannot read."""

    def find(self, frame: Image) -> tuple[Quad, ...]:
        """Where plates stand in `frame` (H, W, 3), legible or not, likeliest first."""
        ...
