"""Writes pictures as a video file that `anpr ingest` takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2

from replay.plate_art import Picture

__all__ = ["write_video"]

CODECS = {".avi": "MJPG", ".mp4": "mp4v"}
"""What OpenCV's own build writes everywhere. MJPG keeps each picture whole and is the one for small plates."""


def write_video(path: Path, pictures: Iterable[Picture], fps: float) -> int:
    """Write the pictures, all of one size, and return their number.

    Raises ValueError for no picture or a name that ends in neither .avi nor .mp4, RuntimeError if OpenCV cannot write.
    """
    codec = CODECS.get(path.suffix.lower())
    if codec is None:
        raise ValueError(f"{path.name}: a video's name ends in {' or '.join(CODECS)}")
    count, video = 0, None
    try:
        for picture in pictures:
            video = video or _opened(path, codec, fps, picture)
            video.write(picture)
            count += 1
    finally:
        if video is not None:
            video.release()
    if not count:
        raise ValueError("a video needs at least one picture")
    return count


def _opened(path: Path, codec: str, fps: float, picture: Picture) -> cv2.VideoWriter:
    height, width = picture.shape[:2]
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (width, height))
    if not video.isOpened():
        raise RuntimeError(f"OpenCV cannot write {codec} videos here")
    return video
