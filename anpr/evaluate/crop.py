"""Cutting a labelled box out of its frame."""

from __future__ import annotations

from anpr.evaluate.score import Box
from pipeline.vision.types import Image

__all__ = ["crop_of"]


def crop_of(image: Image, box: Box, margin: float) -> Image:
    """The box with `margin` times its height on each side, cut at the frame. A copy; empty if outside of it."""
    edge = margin * box.h
    x0, y0 = max(0, round(box.x - edge)), max(0, round(box.y - edge))
    x1, y1 = max(0, round(box.x + box.w + edge)), max(0, round(box.y + box.h + edge))
    return image[y0:y1, x0:x1].copy()
