"""What is kept of a reading that is no plate, for a person to look through and to train a better rule from.

A picture, and a JSON of the same name with what the rule knew, in the evidence store: it is there already, holds
pictures of plates under the same care, and takes its copies twice without harm when a batch is done again. One folder
per reason, so that a person can leaf through all phone numbers at once and see a plate among them. Never a message:
whatever is in the topic `reads` becomes a passage.
"""

from __future__ import annotations

import json

from pipeline.outcome import Picture
from pipeline.stages.not_a_plate import NotPlate
from pipeline.vision.types import PlateReading, Quad
from schemas.frame import Frame

__all__ = ["FOLDER", "for_study"]

FOLDER = "not-plates"


def for_study(frame: Frame, evidence: str, reading: PlateReading, why: NotPlate, crop: bytes) -> tuple[Picture, ...]:
    """Picture and JSON of one reading. evidence: where its picture would be kept if it were a plate."""
    stem = f"{FOLDER}/{why}/{evidence.removesuffix('.jpg')}"
    told = json.dumps(_known(frame, reading, why), sort_keys=True)
    return Picture(f"{stem}.jpg", crop), Picture(f"{stem}.json", told.encode())


def _known(frame: Frame, reading: PlateReading, why: NotPlate) -> dict[str, object]:
    box = reading.box
    return {
        "reason": why,
        "frame_id": str(frame.frame_id),
        "camera_id": frame.camera_id,
        "captured_at": frame.captured_at.isoformat(),
        "source": frame.source,
        "text": reading.text,
        "text_raw": reading.text_raw,
        "confidence": round(reading.confidence, 4),
        "score": None if reading.score is None else round(reading.score, 4),
        "box": [box.x, box.y, box.w, box.h],
        "lines": [_rounded(line) for line in reading.lines],
    }


def _rounded(line: Quad) -> list[list[float]]:
    return [[round(x, 1), round(y, 1)] for x, y in line.corners]
