"""What is kept of readings that are no plates."""

from __future__ import annotations

import json

from pipeline.stages.study import for_study
from pipeline.vision.types import BoxPx, PlateReading, Quad
from tests.pipeline.builders import T0, frame

LINE = Quad(((1.04, 2.0), (41.0, 2.0), (41.0, 12.0), (1.0, 12.0)), 0.9)
READING = PlateReading("TAXI", "Taxi", 0.98765, (), BoxPx(1, 2, 40, 10), 0.61234, (LINE,))


def test_the_picture_and_what_the_rule_knew_lie_beside_each_other() -> None:
    picture, told = for_study(frame(source="a.jpg"), "cam-1/2026/x-0.jpg", READING, "sign", b"jpeg")
    assert picture == ("not-plates/sign/cam-1/2026/x-0.jpg", b"jpeg")
    assert told.key == "not-plates/sign/cam-1/2026/x-0.json"
    assert json.loads(told.data) == {
        "reason": "sign",
        "frame_id": str(frame().frame_id),
        "camera_id": "cam-1",
        "captured_at": T0.isoformat(),
        "source": "a.jpg",
        "text": "TAXI",
        "text_raw": "Taxi",
        "confidence": 0.9877,
        "score": 0.6123,
        "box": [1, 2, 40, 10],
        "lines": [[[1.0, 2.0], [41.0, 2.0], [41.0, 12.0], [1.0, 12.0]]],
    }
