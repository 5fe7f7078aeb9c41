"""Pictures from disk, as frames: single pictures, folders of them, videos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import cv2

__all__ = [
    "PICTURES",
    "VIDEOS",
    "FoundFrame",
    "NothingToIngest",
    "Unreadable",
    "find_sources",
    "frames_of",
    "shown_name",
]

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".ppm"})
VIDEOS = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mjpeg"})
JPEG_QUALITY = 92


class NothingToIngest(ValueError):
    """The path holds no picture and no video; the message says what was expected."""


class Unreadable(ValueError):
    """One file gives no picture; the others may."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class FoundFrame:
    """One picture to send."""

    file: str
    """Name to show: the file, with the second for a frame of a video."""
    data: bytes
    captured_at: datetime
    sequence: int | None
    """Number within a video; None for a picture that stands alone."""


def find_sources(path: Path) -> tuple[list[Path], int]:
    """Pictures and videos at a path, sorted by name, and how many other files were passed over.

    A file that is named is taken whatever its name; a folder is searched with its sub-folders. Raises
    NothingToIngest.
    """
    if not path.exists():
        raise NothingToIngest(f"{path} does not exist: name a picture, a folder or a video")
    if path.is_file():
        return [path], 0
    files = [file for file in sorted(path.rglob("*")) if file.is_file()]
    wanted = [file for file in files if file.suffix.lower() in PICTURES | VIDEOS]
    if not wanted:
        raise NothingToIngest(f"{path} holds no picture and no video ({', '.join(sorted(PICTURES | VIDEOS))})")
    return wanted, len(files) - len(wanted)


def frames_of(source: Path, root: Path, start: datetime, fps: float) -> Iterator[FoundFrame]:
    """The frames of one file. `start`: capture time of a picture, or of a video's first frame. Raises Unreadable."""
    name = shown_name(source, root)
    if source.suffix.lower() in VIDEOS:
        yield from _video(source, name, start, fps)
    else:
        yield FoundFrame(name, _content(source), start, None)


def shown_name(source: Path, root: Path) -> str:
    """A file as people see it: its way from the folder that was named."""
    return str(source.relative_to(root)) if source != root else source.name


def _content(source: Path) -> bytes:
    try:
        return source.read_bytes()
    except OSError as error:
        raise Unreadable("not_readable", error.strerror or type(error).__name__) from error


def _video(source: Path, name: str, start: datetime, fps: float) -> Iterator[FoundFrame]:
    """About `fps` frames a second, with their own time within the video."""
    video = cv2.VideoCapture(str(source))
    if not video.isOpened():
        raise Unreadable("not_a_video", "it cannot be opened as a video: is the file whole?")
    try:
        step_s = 1 / fps
        due_s, number = 0.0, 0
        while video.grab():
            at_s = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if at_s + 1e-9 < due_s:
                continue
            due_s += step_s
            frame = _retrieve(video, name, start, at_s, number)
            if frame is not None:
                yield frame
                number += 1
    finally:
        video.release()


def _retrieve(video: cv2.VideoCapture, name: str, start: datetime, at_s: float, number: int) -> FoundFrame | None:
    found, image = video.retrieve()
    if not found:
        return None
    _encoded, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return FoundFrame(f"{name}#t={at_s:.2f}", data.tobytes(), start + timedelta(seconds=at_s), number)
