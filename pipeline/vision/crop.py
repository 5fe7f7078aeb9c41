"""Cuts a text line out of a frame and sets it upright."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.vision.types import BoxPx, Image, Point, Quad


def side_lengths(quad: Quad) -> tuple[float, float]:
    """(along, across) the text, in pixels: the longer of each pair of opposite sides."""
    ul, ur, lr, ll = quad.corners
    return max(math.dist(ul, ur), math.dist(ll, lr)), max(math.dist(ul, ll), math.dist(ur, lr))


def tilt_deg(quad: Quad) -> float:
    """How far the text falls to the right, in degrees; negative where it rises."""
    (x0, y0), (x1, y1), _, _ = quad.corners
    return math.degrees(math.atan2(y1 - y0, x1 - x0))


def crop_quad(frame: Image, quad: Quad) -> Image:
    """The quad's content as an upright picture (across, along, 3), at least 1 × 1. A copy."""
    along, across = (max(1, int(s)) for s in side_lengths(quad))
    target = np.array([(0, 0), (along, 0), (along, across), (0, across)], np.float32)
    transform = cv2.getPerspectiveTransform(np.array(quad.corners, np.float32), target)
    upright = cv2.warpPerspective(
        frame, transform, (along, across), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(upright, dtype=np.uint8)


def bounding_box(quad: Quad, frame_hw: tuple[int, int]) -> BoxPx:
    """The smallest upright box around the quad, clipped to a frame of `frame_hw` (height, width)."""
    xs, ys = zip(*quad.corners, strict=True)
    x0, y0 = max(0, math.floor(min(xs))), max(0, math.floor(min(ys)))
    x1, y1 = min(frame_hw[1], math.ceil(max(xs))), min(frame_hw[0], math.ceil(max(ys)))
    return BoxPx(x0, y0, max(0, x1 - x0), max(0, y1 - y0))


def enclosing_quad(quads: Sequence[Quad]) -> Quad:
    """One quad over quads that stand side by side, left to right: outer corners, lowest score."""
    first, last = quads[0].corners, quads[-1].corners
    return Quad((first[0], last[1], last[2], first[3]), min(q.score for q in quads))


def centre(quad: Quad) -> Point:
    """Mean of the corners."""
    return sum(x for x, _ in quad.corners) / 4, sum(y for _, y in quad.corners) / 4


def grown(quad: Quad, heights: float) -> Quad:
    """The quad with each side moved outwards by `heights` times its height; negative moves inwards.

    May reach beyond the frame: `crop_quad` repeats the edge there.
    """
    ul, ur, lr, ll = (np.array(c) for c in quad.corners)
    along, across = side_lengths(quad)
    step = heights * across
    right = (ur - ul + lr - ll) / (2 * max(along, 1.0)) * step
    down = (ll - ul + lr - ur) / (2 * max(across, 1.0)) * step
    moved = (ul - right - down, ur + right - down, lr + right + down, ll - right + down)
    four = [(float(x), float(y)) for x, y in moved]
    return Quad((four[0], four[1], four[2], four[3]), quad.score)
