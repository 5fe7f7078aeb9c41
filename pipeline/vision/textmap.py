"""From a text probability map to quads: the second half of a DB (differentiable binarisation) detector."""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.vision.types import Point, Quad

ProbMap: TypeAlias = npt.NDArray[np.float32]
"""Shape (h, w), float32: the probability 0–1 that a pixel belongs to the core of a text line."""

_MIN_SIDE_PX = 3.0  # of the map; thinner blobs are noise at every input size
_DILATION = np.ones((2, 2), np.uint8)


@dataclass(frozen=True, slots=True)
class MapSettings:
    """How blobs of the map become quads.

    pixel: a pixel is text above this probability. box: a blob is kept above this mean probability.
    unclip: how far a blob, which is the shrunken core of a line, is grown back (area / perimeter is the unit).
    """

    pixel: float = 0.3
    box: float = 0.5
    unclip: float = 1.8


def quads_from_map(prob: ProbMap, frame_hw: tuple[int, int], settings: MapSettings) -> tuple[Quad, ...]:
    """Quads in pixels of the frame of size `frame_hw` (height, width), of which `prob` is the scaled map."""
    mask = cv2.dilate((prob > settings.pixel).astype(np.uint8), _DILATION)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = (_quad(np.asarray(c), prob, frame_hw, settings) for c in contours)
    return tuple(q for q in found if q is not None)


def _quad(contour: npt.NDArray[np.int32], prob: ProbMap, frame_hw: tuple[int, int], s: MapSettings) -> Quad | None:
    centre, (w, h), angle = cv2.minAreaRect(contour)
    if min(w, h) < _MIN_SIDE_PX:
        return None
    score = _mean_inside(prob, cv2.boxPoints((centre, (w, h), angle)))
    if score < s.box:
        return None
    grow = 2 * (w * h) * s.unclip / (2 * (w + h))
    corners = cv2.boxPoints((centre, (w + grow, h + grow), angle))
    return Quad(_reading_order(_to_frame(np.asarray(corners), prob.shape, frame_hw)), score)


def _mean_inside(prob: ProbMap, corners: npt.ArrayLike) -> float:
    """Mean probability inside a polygon, computed on its bounding box only."""
    pts = np.asarray(corners, dtype=np.float32)
    h, w = prob.shape
    x0, y0 = (max(0, int(v)) for v in np.floor(pts.min(axis=0)))
    x1, y1 = (int(v) + 1 for v in np.ceil(pts.max(axis=0)))
    window = prob[y0 : min(y1, h), x0 : min(x1, w)]
    inside = np.zeros(window.shape, np.uint8)
    cv2.fillPoly(inside, [np.round(pts - (x0, y0)).astype(np.int32)], (1,))
    return float(cv2.mean(window, inside)[0])


def _to_frame(
    corners: npt.NDArray[np.float32], map_hw: tuple[int, ...], frame_hw: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Scale to the frame and keep inside it, so that a crop never reads beyond the picture."""
    scale = np.array([frame_hw[1] / map_hw[1], frame_hw[0] / map_hw[0]], np.float32)
    limit = np.array([frame_hw[1] - 1, frame_hw[0] - 1], np.float32)
    return np.asarray(np.clip(corners * scale, 0, limit), np.float32)


def _reading_order(corners: npt.NDArray[np.float32]) -> tuple[Point, Point, Point, Point]:
    """Upper left, upper right, lower right, lower left, for text within 45° of the horizontal."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    upper_left, lower_left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    upper_right, lower_right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    four = [(float(x), float(y)) for x, y in (upper_left, upper_right, lower_right, lower_left)]
    return four[0], four[1], four[2], four[3]
