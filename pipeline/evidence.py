"""Keys of evidence pictures, by camera, day and frame: whoever knows one picture of a frame finds the others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from schemas.frame import Frame

__all__ = ["crop_key", "crops_of", "frame_key", "frame_of"]

MOST_PLATES = 100
"""Plates of one frame: more are not read."""
_CROP = re.compile(r"(?P<frame>.*/\d{4}/\d{2}/\d{2}/[0-9a-f-]{36})-\d{1,3}\.jpg")
_FRAME = re.compile(r"(?P<frame>.*/\d{4}/\d{2}/\d{2}/[0-9a-f-]{36})\.jpg")


def crop_key(frame: Frame, number: int) -> str:
    """Of the picture of a plate, the frame's number `number`."""
    return f"{_place(frame)}-{number}.jpg"


def frame_key(frame: Frame) -> str:
    """Of the whole frame, where it is kept."""
    return f"{_place(frame)}.jpg"


def _place(frame: Frame) -> str:
    return f"{frame.camera_id}/{frame.captured_at:%Y/%m/%d}/{frame.frame_id}"


def frame_of(crop: str) -> str | None:
    """Key of the whole frame that a plate's picture was cut from; None: the key is of somebody else's making."""
    found = _CROP.fullmatch(crop)
    return f"{found['frame']}.jpg" if found else None


def crops_of(frame: str) -> Iterator[str]:
    """Keys that pictures cut from this frame may have; none: it is no frame's key."""
    found = _FRAME.fullmatch(frame)
    if found:
        yield from (f"{found['frame']}-{number}.jpg" for number in range(MOST_PLATES))
