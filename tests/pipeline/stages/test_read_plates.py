"""read_plates: from pictures to reads and evidence, with an engine that finds what the test says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.identity import fact_id
from pipeline.messages import Message
from pipeline.outcome import Outcome
from pipeline.stages.read_plates import REASONS, ReadPlates
from pipeline.vision.decode import UNDECODABLE_REASONS
from pipeline.vision.types import BoxPx, CharReading, Image, PlateReading
from schemas.codec import decoder, encode
from schemas.read import Read
from tests.pipeline.builders import CAMERA, T0, batch, frame, message

decode_read = decoder(Read)


def picture(kind: str = ".jpg", width: int = 320, height: int = 240) -> bytes:
    """A grey picture with a white plate."""
    image = np.full((height, width, 3), 90, np.uint8)
    image[100:130, 80:200] = 255
    return bytes(cv2.imencode(kind, image)[1])


WHERE = BoxPx(80, 100, 120, 30)


def reading(text: str = "1ABC234", box: BoxPx = WHERE) -> PlateReading:
    """What an engine finds; the second character might be an I or an L as well."""
    chars = tuple(CharReading(c, 0.95, (("I", 0.03), ("L", 0.01)) if n == 1 else ()) for n, c in enumerate(text))
    return PlateReading(text, f"{text[0]}-{text[1:]}", 0.95, chars, box)


class Engine:
    """Finds the same in every frame."""

    name = "fake/1"

    def __init__(self, *readings: PlateReading) -> None:
        self.readings = readings
        self.shapes: list[tuple[int, ...]] = []

    def read(self, frame: Image) -> tuple[PlateReading, ...]:
        self.shapes.append(frame.shape)
        return self.readings

    def read_many(self, frames: Sequence[Image]) -> tuple[tuple[PlateReading, ...], ...]:
        return tuple(map(self.read, frames))


def frame_message(value: bytes | None = None, offset: int = 0, **header: Any) -> Message:
    headers = (("other", b"x"), ("frame", encode(frame(**header))))
    return message(picture() if value is None else value, offset, topic="frames", headers=headers)


def run(*messages: Message, engine: Engine | None = None, **options: Any) -> Outcome:
    stage = ReadPlates(engine or Engine(reading()), {CAMERA: None}, reader="fake/1", **options)
    return stage(batch(messages))


def reads(outcome: Outcome) -> list[Read]:
    return [decode_read(emit.value) for emit in outcome.emitted]


def test_a_plate_becomes_a_read() -> None:
    outcome = run(frame_message())
    (seen,) = reads(outcome)
    header = frame()
    assert [(emit.topic, emit.key) for emit in outcome.emitted] == [("reads", b"cam-1")]
    assert seen.read_id == fact_id("read", header.frame_id, 0)
    assert (seen.camera_id, seen.captured_at, seen.frame_id, seen.reader) == ("cam-1", T0, header.frame_id, "fake/1")
    assert (seen.plate_raw, seen.confidence) == ("1-ABC234", 0.95)
    assert seen.box is not None
    assert (seen.box.x, seen.box.y, seen.box.w, seen.box.h) == (80, 100, 120, 30)


def test_the_candidate_keeps_what_the_engine_knows_of_each_character() -> None:
    ((candidate,),) = (seen.candidates for seen in reads(run(frame_message())))
    assert (candidate.text, candidate.char_confidences) == ("1ABC234", (0.95,) * 7)
    assert [(a.place, a.char, a.confidence) for a in candidate.alternatives] == [(1, "I", 0.03), (1, "L", 0.01)]


def test_the_picture_of_each_plate_is_kept_where_its_read_says() -> None:
    engine = Engine(reading(), reading("2HJK905", BoxPx(0, 0, 40, 12)))
    outcome = run(frame_message(), engine=engine)
    name = frame().frame_id
    assert [p.key for p in outcome.pictures] == [f"cam-1/2026/03/02/{name}-{n}.jpg" for n in range(2)]
    assert [seen.evidence for seen in reads(outcome)] == [p.key for p in outcome.pictures]
    first = cv2.imdecode(np.frombuffer(outcome.pictures[0].data, np.uint8), cv2.IMREAD_COLOR)
    assert first is not None
    assert first.shape == (50, 140, 3)  # the plate and a margin of a third of its height


def test_plates_of_one_frame_have_ids_of_their_own() -> None:
    seen = reads(run(frame_message(), engine=Engine(reading(), reading("2HJK905"))))
    assert len({s.read_id for s in seen}) == len({s.track_id for s in seen}) == 2


def test_a_still_is_a_track_of_its_own_a_picture_of_a_video_is_not() -> None:
    (still,), (video,) = reads(run(frame_message())), reads(run(frame_message(sequence=7)))
    assert (still.track_id, video.track_id) == (f"{frame().frame_id}-0", None)


def test_the_same_frame_again_gives_the_same_reads() -> None:
    assert run(frame_message()).emitted == run(frame_message()).emitted


def test_a_frame_without_a_plate_is_counted() -> None:
    outcome = run(frame_message(), engine=Engine())
    assert (outcome.emitted, outcome.rejected, dict(outcome.dropped)) == ([], [], {"no_plate": 1})


def test_what_is_no_plate_is_counted_by_reason_and_becomes_no_read() -> None:
    engine = Engine(reading("TAXI"), reading(), reading("2024"), reading("JAMES"))
    outcome = run(frame_message(), engine=engine)
    (seen,) = reads(outcome)
    assert (seen.candidates[0].text, seen.read_id) == ("1ABC234", fact_id("read", frame().frame_id, 1))
    assert dict(outcome.dropped) == {"sign": 1, "number": 1, "word": 1}
    assert [p.key for p in outcome.pictures] == [seen.evidence]


def test_a_frame_with_nothing_but_signs_is_one_without_a_plate() -> None:
    outcome = run(frame_message(), engine=Engine(reading("TAXI"), reading("TAXI")))
    assert (outcome.emitted, outcome.pictures) == ([], [])
    assert dict(outcome.dropped) == {"sign": 2, "no_plate": 1}


def test_what_is_no_plate_is_kept_for_study_where_asked_for_and_still_no_read() -> None:
    engine = Engine(reading("TAXI"), reading())
    outcome = run(frame_message(), engine=engine, keep_not_plates=True)
    (seen,) = reads(outcome)
    stem = f"cam-1/2026/03/02/{frame().frame_id}"
    kept = [f"not-plates/sign/{stem}-0.{kind}" for kind in ("jpg", "json")]
    assert [p.key for p in outcome.pictures] == [*kept, seen.evidence] == [*kept, f"{stem}-1.jpg"]
    picture = cv2.imdecode(np.frombuffer(outcome.pictures[0].data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (50, 140, 3)
    assert json.loads(outcome.pictures[1].data)["text"] == "TAXI"


def test_the_frame_is_kept_as_it_came_where_asked_for_and_a_plate_was_read() -> None:
    value, name = picture(".png"), frame().frame_id
    outcome = run(frame_message(value), engine=Engine(reading(), reading("TAXI")), keep_frames=True)
    kept = {one.key: one.data for one in outcome.pictures}
    assert list(kept) == [f"cam-1/2026/03/02/{name}.jpg", f"cam-1/2026/03/02/{name}-0.jpg"]
    assert kept[f"cam-1/2026/03/02/{name}.jpg"] == value
    assert run(frame_message(), engine=Engine(reading("TAXI")), keep_frames=True).pictures == []


def test_where_a_moving_camera_was_goes_along() -> None:
    (seen,) = reads(run(frame_message(position={"lat": 50.8, "lon": 4.3})))
    assert seen.position is not None
    assert (seen.position.lat, seen.position.lon) == (50.8, 4.3)


JPEG, PNG = picture(), picture(".png")
BAD_PICTURES = {
    b"": "image_empty",
    b"plain text": "not_an_image",
    JPEG[: len(JPEG) // 2]: "image_truncated",
    PNG[:40]: "image_truncated",
    picture(width=1200, height=1000): "image_too_large",
}


@pytest.mark.parametrize(("value", "reason"), BAD_PICTURES.items(), ids=BAD_PICTURES.values())
def test_pictures_that_cannot_be_read(value: bytes, reason: str) -> None:
    outcome = run(frame_message(value, 0), frame_message(None, 1), max_megapixels=1.0)
    assert [(r.reason, r.message.offset) for r in outcome.rejected] == [(reason, 0)]
    assert len(outcome.emitted) == 1


def test_every_fault_of_a_picture_has_a_reason() -> None:
    assert REASONS.keys() == set(UNDECODABLE_REASONS)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"headers": ()}, "header_missing"),
        ({"headers": (("frame", b""),)}, "empty"),
        ({"headers": (("frame", b"{}"),)}, "wrong_schema"),
        ({"headers": (("frame", b'{"schema_version": 2}'),)}, "unknown_version"),
        ({"headers": (("frame", encode(frame(camera_id="cam-9"))),)}, "unknown_camera"),
        ({"key": None}, "key_missing"),
    ],
)
def test_frames_that_do_not_fit(changes: dict[str, Any], reason: str) -> None:
    engine = Engine(reading())
    outcome = run(frame_message()._replace(**changes), engine=engine)
    assert [r.reason for r in outcome.rejected] == [reason]
    assert engine.shapes == []  # nothing was decoded for it
