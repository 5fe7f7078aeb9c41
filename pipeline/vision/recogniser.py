"""PP-OCR line recognition on onnxruntime, with the model that the package rapidocr ships."""

import math
from collections.abc import Iterator, Sequence
from itertools import chain

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.vision.alphabet import Folding
from pipeline.vision.ctc import decode_line
from pipeline.vision.models import open_session, packaged_model
from pipeline.vision.types import Image, LineReading

_MODEL = "models/PP-OCRv6_rec_small.onnx"
_HEIGHT_PX = 48  # fixed by the model
_MIN_WIDTH_PX = 16
_MIN_INPUT_PX = 320
_STEP_PX = 80
_MAX_WIDTH_PX = 640  # a line thirteen times as long as high is no plate; bounds memory


class PpOcrRecogniser:
    """Reads lines. Holds no state between calls; `recognise` may run in several threads."""

    def __init__(self, *, threads: int = 1, batch: int = 8) -> None:
        """Loads the model once. threads: per call, ≥ 1. batch: crops per call of the model. Raises ModelMissing."""
        self._session = open_session(packaged_model("rapidocr", _MODEL), threads=threads)
        self._input = self._session.get_inputs()[0].name
        self._batch = batch
        listed = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ("", *listed, " ")
        self._folding = Folding.of(self._characters)

    def recognise(self, crops: Sequence[Image]) -> tuple[LineReading, ...]:
        """One reading per crop (h, w, 3), the same whichever crops stand beside it."""
        by_width: dict[int, list[int]] = {}
        for i, crop in enumerate(crops):
            by_width.setdefault(padded_width(crop), []).append(i)
        readings: dict[int, LineReading] = {}
        for part in chain.from_iterable(_parts(same, self._batch) for same in by_width.values()):
            readings.update(zip(part, self._read([crops[i] for i in part]), strict=True))
        return tuple(readings[i] for i in range(len(crops)))

    def _read(self, crops: Sequence[Image]) -> list[LineReading]:
        probs = self._session.run(None, {self._input: to_batch(crops)})[0]
        return [decode_line(p, self._characters, self._folding) for p in probs]


def _parts(items: list[int], size: int) -> Iterator[list[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def padded_width(crop: Image) -> int:
    """The input width for a crop: its scaled width rounded up to a step.

    The network looks at the padding too. Fixed steps make a reading independent of its neighbours in a batch.
    """
    return max(_MIN_INPUT_PX, math.ceil(_scaled_width(crop) / _STEP_PX) * _STEP_PX)


def to_batch(crops: Sequence[Image]) -> npt.NDArray[np.float32]:
    """(n, 3, 48, width) float32 in −1…1; each crop scaled to the height, padded to the right with 0 (mid-grey)."""
    batch = np.zeros((len(crops), 3, _HEIGHT_PX, max(map(padded_width, crops))), np.float32)
    for row, crop in zip(batch, crops, strict=True):
        width = _scaled_width(crop)
        scaled = cv2.resize(crop, (width, _HEIGHT_PX)).transpose(2, 0, 1)
        row[:, :, :width] = np.asarray(scaled, np.float32) / 127.5 - 1.0
    return batch


def _scaled_width(crop: Image) -> int:
    h, w = int(crop.shape[0]), int(crop.shape[1])
    return min(_MAX_WIDTH_PX, max(_MIN_WIDTH_PX, round(_HEIGHT_PX * w / h)))
