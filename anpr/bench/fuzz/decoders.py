"""Damaged pictures through everything that opens pictures: each gives a frame or says why not."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np

from anpr.bench.fuzz.mutate import NOW
from anpr.bench.fuzz.pictures import mutated_picture
from anpr.pictures import Unreadable, frames_of
from anpr.replay.frames import moment_in_picture
from pipeline.vision.decode import UndecodableImage, decode_image
from pipeline.vision.engines import load_engine

__all__ = ["decoded", "fuzz_pictures"]

EVERY_VIDEO, EVERY_READ = 200, 500
"""Of so many pictures one is also a video, and one is looked at by the real engine: both take long."""
MOST_FAULTS = 20


def decoded(data: bytes) -> str:
    """How a picture ended: `frame`, or the reason. Raises what the decoder may not raise, and AssertionError."""
    try:
        frame = decode_image(data)
    except UndecodableImage as bad:
        return bad.reason if bad.detail else "refused without a word"
    assert frame.dtype == np.uint8
    assert frame.ndim == 3
    assert frame.shape[2] == 3
    assert frame.size > 0
    return "frame"


def fuzz_pictures(count: int, seed: int) -> dict[str, Any]:
    """So many pictures through the decoder, the readers of files, videos now and then, the engine now and then."""
    random, ends, faults = Random(f"{seed}/pictures"), Counter[str](), list[str]()
    engine, started = load_engine("anpr"), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="anpr-fuzz-") as name:
        folder = Path(name)
        video = _video(folder)
        for number in range(count):
            data = mutated_picture(random)
            works: list[tuple[str, Callable[[], str]]] = [("picture", lambda data=data: decoded(data))]  # type: ignore[misc]
            works.append(("file", lambda data=data: _file(folder, data)))  # type: ignore[misc]
            if number % EVERY_VIDEO == 0:
                works.append(("video", lambda: _frames(folder, _cut(video, random))))
            if number % EVERY_READ == 0:
                works.append(("engine", lambda data=data: _read(engine, data)))  # type: ignore[misc]
            for kind, work in works:
                _note(kind, work, ends, faults)
    seconds = round(time.monotonic() - started, 1)
    return {"pictures": count, "seconds": seconds, "ends": dict(ends.most_common()), "faults": faults[:MOST_FAULTS]}


def _note(kind: str, work: Callable[[], str], ends: Counter[str], faults: list[str]) -> None:
    try:
        ends[f"{kind}: {work()}"] += 1
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        faults.append(f"{kind}: {type(error).__name__}: {error!s:.200} ({last.filename}:{last.lineno})")


def _read(engine: Any, data: bytes) -> str:
    if decoded(data) != "frame":
        return "no frame"
    engine.read(decode_image(data))
    return "read"


def _file(folder: Path, data: bytes) -> str:
    """As `anpr ingest` and `anpr replay frames` take one."""
    path = folder / "one.jpg"
    path.write_bytes(data)
    return "without a time" if moment_in_picture(path, UTC) is None else "timed"


def _video(folder: Path) -> bytes:
    path = folder / "whole.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5, (64, 48))
    for number in range(6):
        writer.write(np.full((48, 64, 3), number * 40, np.uint8))
    writer.release()
    return path.read_bytes()


def _cut(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + random.randbytes(random.randrange(8)) + data[at + random.randrange(8) :]


def _frames(folder: Path, data: bytes) -> str:
    path = folder / "one.avi"
    path.write_bytes(data)
    try:
        return f"{len(list(frames_of(path, folder, NOW, 5.0)))} frames"
    except Unreadable as bad:
        return bad.reason
