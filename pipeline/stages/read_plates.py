"""read_plates: find and read the plates of each frame, and keep a picture of each; leave out what is no plate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2

from pipeline.evidence import crop_key, frame_key
from pipeline.identity import fact_id
from pipeline.messages import Batch, Message
from pipeline.outcome import Emit, Outcome, Picture, Rejection
from pipeline.stages.not_a_plate import NotPlate, why_no_plate
from pipeline.stages.study import for_study
from pipeline.vision.decode import UndecodableImage, decode_image
from pipeline.vision.protocols import Engine
from pipeline.vision.types import BoxPx, Image, PlateReading
from schemas.codec import Refused, compiled, decoder, encode
from schemas.dead_letter import Reason
from schemas.frame import Frame
from schemas.read import Alternative, Box, Candidate, Read

__all__ = ["FRAME_HEADER", "ReadPlates"]

FRAME_HEADER = "frame"
CROP_MARGIN = 0.35  # of the plate's height, on each side: enough to judge the plate by eye
JPEG_QUALITY = 88
REASONS: Mapping[str, Reason] = {
    "empty": "image_empty",
    "not_an_image": "not_an_image",
    "truncated": "image_truncated",
    "too_large": "image_too_large",
    "animated": "image_unsupported",
    "unsupported": "image_unsupported",
}
ReadRecord, BoxRecord = compiled(Read), compiled(Box)
CandidateRecord, AlternativeRecord = compiled(Candidate), compiled(Alternative)


class ReadPlates:
    """Frames in, reads and evidence pictures out. Every frame is looked at alone."""

    def __init__(
        self,
        engine: Engine,
        cameras: Mapping[str, Any],
        *,
        reader: str,
        topic: str = "reads",
        max_megapixels: float = 50.0,
        keep_not_plates: bool = False,
        keep_frames: bool = False,
    ) -> None:
        """keep_not_plates: what is left out as no plate is kept for study, see pipeline.stages.study.

        keep_frames: the frame, as it came, is kept too where a plate was read in it.
        """
        self._engine, self._cameras, self._reader, self._topic = engine, cameras, reader, topic
        self._max_megapixels, self._keep_not_plates = max_megapixels, keep_not_plates
        self._keep_frames = keep_frames
        self._decode_header = decoder(Frame)

    def __call__(self, batch: Batch) -> Outcome:
        """Reads of all frames, in order of the frames.

        Dropped: `no_plate` counts frames without a plate; NOT_PLATE_REASONS count readings that are none.
        """
        outcome = Outcome()
        for message in batch.messages:
            try:
                self._read(message, self._frame(message), outcome)
            except Refused as refused:
                outcome.rejected.append(Rejection(message, refused.reason, refused.detail))
            except UndecodableImage as bad:
                outcome.rejected.append(Rejection(message, REASONS[bad.reason], bad.detail))
        return outcome

    def _frame(self, message: Message) -> Frame:
        header = dict(message.headers).get(FRAME_HEADER)
        if header is None:
            raise Refused("header_missing", f"a frame needs the header {FRAME_HEADER}")
        frame = self._decode_header(header)
        if message.key is None:
            raise Refused("key_missing", "a frame needs its camera id as key: the key decides the partition")
        if frame.camera_id not in self._cameras:
            raise Refused("unknown_camera", f"camera {frame.camera_id} is not registered: add it to the topic cameras")
        return frame

    def _read(self, message: Message, frame: Frame, outcome: Outcome) -> None:
        image = decode_image(message.value, max_megapixels=self._max_megapixels)
        judged = [(reading, why_no_plate(reading)) for reading in self._engine.read(image)]
        if all(why is not None for _, why in judged):
            outcome.dropped["no_plate"] += 1
        elif self._keep_frames:
            outcome.pictures.append(Picture(frame_key(frame), message.value))
        # Numbers are those of the engine, so that ids of reads stay when the rule changes.
        for number, (reading, why) in enumerate(judged):
            key = crop_key(frame, number)
            if why is None:
                self._tell(image, frame, number, reading, key, outcome)
            else:
                self._leave_out(image, frame, reading, why, key, outcome)

    def _tell(self, image: Image, frame: Frame, number: int, reading: PlateReading, key: str, outcome: Outcome) -> None:
        outcome.pictures.append(Picture(key, _crop_jpeg(image, reading.box)))
        record = self._record(frame, number, reading, key)
        outcome.emitted.append(Emit(self._topic, frame.camera_id.encode(), encode(record)))

    def _leave_out(
        self, image: Image, frame: Frame, reading: PlateReading, why: NotPlate, key: str, outcome: Outcome
    ) -> None:
        outcome.dropped[why] += 1
        if self._keep_not_plates:
            outcome.pictures.extend(for_study(frame, key, reading, why, _crop_jpeg(image, reading.box)))

    def _record(self, frame: Frame, number: int, reading: PlateReading, evidence: str) -> Read:
        box = reading.box
        return ReadRecord(
            read_id=fact_id("read", frame.frame_id, number),
            camera_id=frame.camera_id,
            captured_at=frame.captured_at,
            received_at=frame.received_at,
            plate_raw=reading.text_raw[:24],
            confidence=round(reading.confidence, 4),
            candidates=(_candidate(reading),),
            box=BoxRecord(x=max(0, box.x), y=max(0, box.y), w=max(1, box.w), h=max(1, box.h)),
            frame_id=frame.frame_id,
            evidence=evidence,
            # A picture that is part of no recording stands alone: its reads are not merged with its neighbours'.
            track_id=None if frame.sequence is not None else f"{frame.frame_id}-{number}",
            position=frame.position,
            reader=self._reader,
        )


def _candidate(reading: PlateReading) -> Candidate:
    return CandidateRecord(
        text=reading.text,
        confidence=round(reading.confidence, 4),
        char_confidences=tuple(round(char.confidence, 3) for char in reading.chars),
        alternatives=tuple(
            AlternativeRecord(place=place, char=other, confidence=round(share, 3))
            for place, char in enumerate(reading.chars)
            for other, share in char.alternatives
        ),
    )


def _crop_jpeg(image: Image, box: BoxPx) -> bytes:
    """The plate with a margin, JPEG. Empty boxes cannot come from an engine: its boxes lie inside the frame."""
    margin = int(box.h * CROP_MARGIN)
    height, width = image.shape[:2]
    top, bottom = max(0, box.y - margin), min(height, box.y + box.h + margin)
    left, right = max(0, box.x - margin), min(width, box.x + box.w + margin)
    encoded, data = cv2.imencode(".jpg", image[top:bottom, left:right], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not encoded:
        raise UndecodableImage("unsupported", "a plate could not be cut out")
    return data.tobytes()
