"""A list's text and picture, put together by the program, are those that the database puts together for people."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from sinks.clickhouse.packing import evidence_key, plate_displayed
from tests.schemas.examples import files
from tests.sinks.rows import Sink, message

PACKED = """SELECT p.display_shape, p.evidence_rest, u.plate, u.plate_display, u.camera_id, u.captured_at, u.frame_id,
    u.evidence
FROM passages AS p INNER JOIN passages_unpacked AS u USING passage_id WHERE u.passage_id = {id:UUID}"""
FRAME = "0c7f9d2e-4d1f-4c5e-9a51-6a4c5c6f7d80"


def _told(**more: Any) -> dict[str, Any]:
    example = json.loads(files("passage", "valid")[0].read_bytes())
    return example | {"passage_id": str(uuid.uuid4()), "frame_id": FRAME} | more


CASES: dict[str, dict[str, Any]] = {
    "groups": {"plate": "1ABC234", "plate_display": "1-ABC-234"},
    "as the plate": {"plate": "1ABC234", "plate_display": "1ABC234"},
    "more than separators": {"plate": "1ABC234", "plate_display": "1 ABC 234 (B)"},
    "spaces and points": {"plate": "12AB34", "plate_display": "12.AB 34"},
    "no picture": {"evidence": None},
    "picture": {"evidence": f"cam-1/2026/11/24/{FRAME}-0.jpg", "camera_id": "cam-1"},
    "picture of the day before": {"evidence": f"cam-1/2026/11/23/{FRAME}-0.jpg", "camera_id": "cam-1"},
    "picture elsewhere": {"evidence": "elsewhere/x.jpg"},
}


@pytest.mark.parametrize("more", CASES.values(), ids=CASES)
def test_the_program_puts_together_what_the_database_does(more: dict[str, Any], sink: Sink) -> None:
    moment = datetime(2026, 11, 24, 0, 0, 1, tzinfo=UTC).isoformat()
    told = _told(captured_at=moment, last_captured_at=moment, best_captured_at=moment, **more)
    outcome, refused = sink.store([message("passages", 7, told)])
    assert (outcome.rejected, refused) == ([], [])
    rows = sink.client.query(PACKED, parameters={"id": told["passage_id"]}).result_rows
    ((shape, rest, plate, display, camera, captured_at, frame, evidence),) = rows
    assert plate_displayed(plate, shape) == display == told["plate_display"]
    assert evidence_key(camera, captured_at, frame, rest) == evidence == (told.get("evidence") or "")


def test_a_key_of_the_usual_form_is_kept_as_its_end_alone(sink: Sink) -> None:
    told = _told(captured_at="2026-11-24T00:00:01Z", **CASES["picture"])
    sink.store([message("passages", 7, told)])
    rows = sink.client.query(PACKED, parameters={"id": told["passage_id"]}).result_rows
    assert rows[0][1] == "-0.jpg"
