"""Runs engines over labelled frames, one frame after the other, all engines on each: decoded once, compared fairly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np

from anpr.evaluate.crop import crop_of
from anpr.evaluate.labels import LabelledFrame, LabelsFault
from anpr.evaluate.score import (
    Box,
    Dropped,
    Found,
    FrameScore,
    Label,
    Pair,
    figures,
    match_boxes,
    no_plates,
    pair_texts,
)
from anpr.evaluate.sheet import Sheet
from pipeline.plates.reading import plate_of
from pipeline.stages.not_a_plate import NotPlate, why_no_plate
from pipeline.vision.crop import bounding_box
from pipeline.vision.decode import UndecodableImage, decode_image
from pipeline.vision.protocols import Engine, Finder
from pipeline.vision.types import Image, PlateReading

__all__ = ["Evaluation", "evaluate", "score_frame"]

CROP_MARGIN = 0.5
"""Of the box's height, on each side: detectors need to see where a plate ends."""
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Evaluation:
    """What became of the frames. results: figures by engine, in the order of the engines."""

    results: list[dict[str, object]] = field(default_factory=list)
    unreadable: list[dict[str, str]] = field(default_factory=list)
    """Frames that gave no picture: file, reason."""


def evaluate(
    engines: Sequence[Engine], frames: Sequence[LabelledFrame], sheet: Sheet, *, threads: int, progress: Progress
) -> Evaluation:
    """Read every frame by every engine. Raises LabelsFault if no frame can be read at all.

    threads: what OpenCV may use; engines are loaded with their own. sheet: is given what went wrong.
    """
    done = Evaluation()
    scores: list[list[FrameScore]] = [[] for _ in engines]
    with _opencv_threads(threads):
        for engine in engines:
            engine.read(np.full((240, 320, 3), 127, np.uint8))  # the first call prepares what later ones find ready
        for number, frame in enumerate(frames):
            progress("reading", number, len(frames))
            image = _decoded(frame, done)
            if image is None:
                continue
            for engine, of_engine in zip(engines, scores, strict=True):
                of_engine.append(score_frame(engine, image, frame.labels))
                sheet.add(engine.name, frame.name, image, of_engine[-1])
    if len(done.unreadable) == len(frames):
        first = done.unreadable[0]
        raise LabelsFault(f"none of the {len(frames)} pictures can be read, the first is {first['file']}")
    done.results = [{"engine": e.name, **figures(of_engine)} for e, of_engine in zip(engines, scores, strict=True)]
    return done


@contextmanager
def _opencv_threads(threads: int) -> Iterator[None]:
    """Resizing and warping otherwise take all cores, whatever the engine was told."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(threads)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _decoded(frame: LabelledFrame, done: Evaluation) -> Image | None:
    try:
        if frame.picture is not None:
            return decode_image(frame.picture.read_bytes())
        reason = "no picture of that name"
    except (UndecodableImage, OSError) as error:
        reason = str(error)
    done.unreadable.append({"file": frame.name, "reason": reason})
    return None


def score_frame(engine: Engine, image: Image, labels: tuple[Label, ...]) -> FrameScore:
    """Read a frame and the crops of its labels, and compare. Only the frame is timed, and without its decoding.

    What is no plate is left out by the rule of the stage, so that all figures are of what would become reads.
    """
    cpu_s, start = time.process_time(), time.perf_counter()
    judged = _judged(engine, image)
    ms, cpu_s = (time.perf_counter() - start) * 1000, time.process_time() - cpu_s
    reads = tuple(_found(plate) for plate, why in judged if why is None)
    dropped = tuple(Dropped(_found(plate), why) for plate, why in judged if why is not None)
    detections = _detections(engine, image) if isinstance(engine, Finder) else reads
    return FrameScore(
        labels=labels,
        reads=reads,
        full=pair_texts(labels, reads),
        boxes=tuple(_read_box(engine, image, label) for label in labels if label.text is not None),
        detections=detections,
        detected=match_boxes(labels, detections),
        stray=no_plates(labels, reads),
        dropped=dropped,
        ms=ms,
        cpu_s=cpu_s,
    )


def _judged(engine: Engine, image: Image) -> list[tuple[PlateReading, NotPlate | None]]:
    """All that was read, and why what is no plate is none."""
    return [(plate, why_no_plate(plate)) for plate in engine.read(image)]


def _detections(engine: Finder, image: Image) -> tuple[Found, ...]:
    """Plates found, legible or not."""
    boxes = [(bounding_box(quad, (image.shape[0], image.shape[1])), quad.score) for quad in engine.find(image)]
    return tuple(Found(Box(box.x, box.y, box.w, box.h), "", score) for box, score in boxes)


def _found(plate: PlateReading) -> Found:
    """With the text that the pipeline makes of this one read: after syntax."""
    box = plate.box
    doubts = [dict(char.alternatives) for char in plate.chars]
    return Found(Box(box.x, box.y, box.w, box.h), plate_of(plate.text, doubts).text, plate.confidence)


def _read_box(engine: Engine, image: Image, label: Label) -> Pair:
    """The surest read of the label's crop, whatever else is read there."""
    crop = crop_of(image, label.box, CROP_MARGIN)
    plates = [plate for plate, why in _judged(engine, crop) if why is None] if crop.size else []
    return Pair(label, _found(max(plates, key=lambda plate: plate.confidence)) if plates else None)
