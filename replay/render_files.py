"""Drawn pictures as files: the pictures, their truth line by line, and labels that `anpr evaluate` reads."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from replay.observation import RenderRequest
from replay.passing import Moment, draw_scenes, moments, render_request
from replay.plate_art import Picture
from replay.render import plate_corners, render_frame, render_picture
from replay.render_set import PlannedPicture
from replay.video import write_video

__all__ = ["LABELS", "TRUTH", "contact_sheet", "passings", "write_set", "write_video_of_passings"]

TRUTH, LABELS, VIDEO = "truth.jsonl", "labels.csv", "passings.avi"
COLUMNS = ("file", "x", "y", "w", "h", "plate")
TILE = (320, 180)
SHEET_QUALITY = 78
Progress = Callable[[int], None]


def write_set(folder: Path, pictures: Iterable[PlannedPicture], seed: int, progress: Progress) -> int:
    """Draw the pictures into an existing folder, with `truth.jsonl` and `labels.csv`; returns their number."""
    count = 0
    with (folder / TRUTH).open("w") as truth, (folder / LABELS).open("w", newline="") as labels:
        rows = csv.writer(labels)
        rows.writerow(COLUMNS)
        for count, planned in enumerate(pictures, start=1):
            (folder / planned.file).write_bytes(render_frame(planned.request, seed, planned.scenery))
            truth.write(json.dumps(planned.truth(seed)) + "\n")
            rows.writerows(_label_rows(planned))
            progress(count)
    return count


def _label_rows(planned: PlannedPicture) -> Iterator[tuple[object, ...]]:
    """One for each plate; one without a box for a picture that shows none."""
    if not planned.plates:
        yield (planned.file, "", "", "", "", "")
    for shown in planned.plates:
        yield (planned.file, *shown.box, shown.plate)


def passings(frames: int, seed: int, fps: float, start: datetime) -> Iterator[Moment]:
    """Vehicles that pass a camera, frame by frame. `start`: of the first."""
    return islice(moments(draw_scenes(frames, seed, jam_s=4.0), start, fps), frames)


def write_video_of_passings(
    folder: Path, passing: Iterable[Moment], seed: int, fps: float, progress: Progress = lambda _drawn: None
) -> int:
    """Draw them as a video with its truth; returns the number of frames."""
    requests: list[RenderRequest] = []

    def pictures() -> Iterator[Picture]:
        for moment in passing:
            requests.append(render_request(moment, "drawn-video"))
            yield render_picture(requests[-1], seed)
            progress(len(requests))

    written = write_video(folder / VIDEO, pictures(), fps)
    with (folder / TRUTH).open("w") as truth:
        for number, request in enumerate(requests):
            plates = [
                {
                    "plate": vehicle.plate,
                    "display": vehicle.display,
                    "country": vehicle.country,
                    "corners": np.round(plate_corners(vehicle), 1).tolist(),
                }
                for vehicle in request.visible
            ]
            line = {"file": VIDEO, "seed": seed, "frame": number, "at_s": round(number / fps, 3), "plates": plates}
            truth.write(json.dumps(line) + "\n")
    return written


def contact_sheet(path: Path, pictures: Iterable[PlannedPicture], seed: int, columns: int = 4) -> None:
    """All pictures small on one sheet, JPEG, each with its condition."""
    tiles = [_tile(planned, seed) for planned in pictures]
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[n : n + columns]) for n in range(0, len(tiles), columns)]
    done, data = cv2.imencode(".jpg", np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, SHEET_QUALITY])
    if not done:
        raise RuntimeError("OpenCV did not encode the sheet")
    path.write_bytes(data.tobytes())


def _tile(planned: PlannedPicture, seed: int) -> Picture:
    picture = render_picture(planned.request, seed, planned.scenery)
    small = cv2.resize(picture, TILE, interpolation=cv2.INTER_AREA).astype(np.uint8)
    for colour, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(small, planned.condition, (7, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, width, cv2.LINE_AA)
    return small
