"""PP-OCR text detection on onnxruntime, with the model that the package rapidocr ships."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.vision.models import open_session, packaged_model
from pipeline.vision.textmap import MapSettings, quads_from_map
from pipeline.vision.types import Image, Quad

_MODEL = "models/PP-OCRv6_det_small.onnx"
_STRIDE = 32  # the network halves its input five times


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """How a frame is shown to the detector.

    Frames keep their size if their short side lies between min_short_px and max_short_px, and are scaled to the
    nearer of the two otherwise: a plate in a small picture needs enlarging, a large frame costs time by its area.
    max_side_px: limit of the long side, which bounds memory for panoramas.
    """

    min_short_px: int = 512
    max_short_px: int = 736
    max_side_px: int = 2000
    map: MapSettings = field(default_factory=MapSettings)


class PpOcrDetector:
    """Finds text lines of any kind. Holds no state between calls; `detect` may run in several threads."""

    def __init__(self, *, threads: int = 1, settings: DetectorSettings | None = None) -> None:
        """Loads the model once. threads: per call, ≥ 1. Raises ModelMissing."""
        self._settings = settings or DetectorSettings()
        self._session = open_session(packaged_model("rapidocr", _MODEL), threads=threads)
        self._input = self._session.get_inputs()[0].name

    def detect(self, frame: Image) -> tuple[Quad, ...]:
        """Text lines of `frame` (H, W, 3) in its pixels."""
        h, w = frame.shape[:2]
        tensor = to_tensor(frame, input_size(h, w, self._settings))
        prob = self._session.run(None, {self._input: tensor})[0][0, 0]
        return quads_from_map(prob, (h, w), self._settings.map)


def input_size(h: int, w: int, settings: DetectorSettings) -> tuple[int, int]:
    """(width, height) to scale a frame of h × w pixels to: multiples of the stride, proportions kept nearly."""
    short = min(max(min(h, w), settings.min_short_px), settings.max_short_px)
    scale = min(short / min(h, w), settings.max_side_px / max(h, w))
    return _stepped(w * scale), _stepped(h * scale)


def _stepped(length: float) -> int:
    return max(_STRIDE, round(length / _STRIDE) * _STRIDE)


def to_tensor(image: Image, size_wh: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Scale to `size_wh` and give (1, 3, h, w) float32 in −1…1, the range PP-OCR was trained on."""
    shrinks = size_wh[0] < image.shape[1]
    resized = cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.ascontiguousarray(resized.transpose(2, 0, 1)[None], dtype=np.float32) / 127.5 - 1.0
