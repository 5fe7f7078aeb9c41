"""Finds licence plates with a small network of our own, trained by `training/detector.py`; see decision 0008."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.vision.models import open_session
from pipeline.vision.types import Image, Quad

WEIGHTS = Path(__file__).parent / "weights" / "plates.onnx"
_STRIDE = 8  # one cell of the output is so many pixels of the input wide and high
_AGREES = 0.6  # boxes of one plate that share so much (IoU) are averaged; the others are mistaken in their extent
_TALL_PX = 64  # boxes as tall, in pixels of the input, are judged at half the size: the network learned up to 62
_SURE = 0.6  # where nothing is surer than this, there may be a plate too large to be seen
_PAD_TO = 32  # the network halves its input five times

Boxes: TypeAlias = npt.NDArray[np.float32]
"""Shape (n, 5), float32: left, top, right, bottom in pixels, score 0–1."""


@dataclass(frozen=True, slots=True)
class PlateDetectorSettings:
    """How a frame is shown to the network and what of its answer is kept.

    scale: frames are scaled by this. max_side_px: and shrunk further, until their long side is at most this.
    min_side_px: but never below this. score: less likely boxes are dropped; the network says how well it expects its
    box to fit, so that 0.6 is already sure. overlap: of two boxes that share more than this (IoU) the likelier is
    kept. most: boxes in a frame, which bounds the time that a frame can take.
    """

    scale: float = 1.0
    max_side_px: int = 1280
    min_side_px: int = 448
    score: float = 0.45
    overlap: float = 0.3
    most: int = 100


class PlateDetector:
    """Finds plates; where they may be close up, by a second look at half the size.

    Holds no state between calls; `detect` may run in several threads.
    """

    def __init__(
        self, *, threads: int = 1, settings: PlateDetectorSettings | None = None, model: Path = WEIGHTS
    ) -> None:
        """Loads the model once. threads: per call, ≥ 1."""
        self._settings = settings or PlateDetectorSettings()
        self._session = open_session(model, threads=threads)
        self._input = self._session.get_inputs()[0].name

    def detect(self, frame: Image) -> tuple[Quad, ...]:
        """Upright boxes around the plates of `frame` (H, W, 3) in its pixels, likeliest first."""
        scale = scale_for(frame.shape[0], frame.shape[1], self._settings)
        boxes = self._seen(frame, scale)
        if calls_for_coarser(boxes, scale):
            boxes = merged(boxes, self._seen(frame, scale / 2), scale)
        return tuple(_quad(box, frame.shape) for box in boxes)

    def _seen(self, frame: Image, scale: float) -> Boxes:
        """The boxes that the network sees in the frame at this scale, in pixels of the frame."""
        cells = self._session.run(None, {self._input: to_input(frame, scale)})[0][0]
        boxes = decoded(cells, self._settings)
        boxes[:, :4] /= scale
        return boxes


def scale_for(h: int, w: int, s: PlateDetectorSettings) -> float:
    """By how much to scale a frame of h × w pixels."""
    longest = max(h, w)
    wanted = min(max(s.scale * longest, s.min_side_px), s.max_side_px)
    return wanted / longest if longest > s.min_side_px else 1.0


def to_input(frame: Image, scale: float) -> npt.NDArray[np.float32]:
    """(1, 1, h, w) grey in 0…1, h and w multiples of 32, the scaled frame in the upper left corner."""
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    h, w = (max(1, round(side * scale)) for side in grey.shape)
    grey = cv2.resize(grey, (w, h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    padded = np.zeros((1, 1, -(-h // _PAD_TO) * _PAD_TO, -(-w // _PAD_TO) * _PAD_TO), np.float32)
    padded[0, 0, :h, :w] = grey
    padded /= 255
    return padded


def decoded(cells: npt.NDArray[np.float32], s: PlateDetectorSettings) -> Boxes:
    """The network's answer (5, rows, columns) as boxes in pixels of its input, likeliest first, one per plate."""
    rows, columns = np.nonzero(cells[0] >= s.score)
    scores, distances = cells[0, rows, columns], cells[1:, rows, columns]
    x, y = (columns + 0.5) * _STRIDE, (rows + 0.5) * _STRIDE
    left, top, right, bottom = distances
    boxes = np.stack([x - left, y - top, x + right, y + bottom, scores], 1).astype(np.float32)
    return distinct(boxes[np.argsort(-scores, kind="stable")], s)


def calls_for_coarser(boxes: Boxes, scale: float) -> bool:
    """Whether there may be a plate larger than those that the network was trained on: a tall box, or none for sure."""
    return not len(boxes) or bool(boxes[:, 4].max() < _SURE or (_heights(boxes) * scale).max() >= _TALL_PX)


def merged(fine: Boxes, coarse: Boxes, scale: float) -> Boxes:
    """The boxes of the look at `scale` and the tall ones of the look at half of it, in whose place no other stays."""
    tall = coarse[_heights(coarse) * scale >= _TALL_PX]
    x, y = (fine[:, [0]] + fine[:, [2]]) / 2, (fine[:, [1]] + fine[:, [3]]) / 2
    inside = (x > tall[:, 0]) & (x < tall[:, 2]) & (y > tall[:, 1]) & (y < tall[:, 3])
    both = np.concatenate([fine[~inside.any(axis=1)], tall])
    return both[np.argsort(-both[:, 4], kind="stable")]


def _heights(boxes: Boxes) -> npt.NDArray[np.float32]:
    return boxes[:, 3] - boxes[:, 1]


def distinct(boxes: Boxes, s: PlateDetectorSettings) -> Boxes:
    """The likeliest of overlapping boxes, each moved to the mean of its own, weighted by score."""
    kept: list[npt.NDArray[np.float32]] = []
    while len(boxes) and len(kept) < s.most:
        shared = overlap(boxes[0], boxes)
        shared[0] = 1.0
        same, close = shared > s.overlap, boxes[shared > _AGREES]
        mean = np.average(close[:, :4], axis=0, weights=close[:, 4] ** 2)
        kept.append(np.array([*mean, boxes[0, 4]], np.float32))
        boxes = boxes[~same]
    return np.array(kept, np.float32).reshape(-1, 5)


def overlap(box: npt.NDArray[np.float32], boxes: Boxes) -> npt.NDArray[np.float32]:
    """IoU of one box (5,) with each of `boxes`."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:4], boxes[:, 2:4])
    common = np.clip(high - low, 0, None).prod(axis=1)
    area, areas = (box[2:4] - box[:2]).prod(), (boxes[:, 2:4] - boxes[:, :2]).prod(axis=1)
    return np.asarray(common / (area + areas - common), np.float32)


def _quad(box: npt.NDArray[np.float32], frame_shape: tuple[int, ...]) -> Quad:
    """Kept inside the frame."""
    x0, x1 = (float(np.clip(v, 0, frame_shape[1])) for v in box[[0, 2]])
    y0, y1 = (float(np.clip(v, 0, frame_shape[0])) for v in box[[1, 3]])
    return Quad(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), float(box[4]))
