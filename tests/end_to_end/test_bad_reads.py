"""Messages that nobody should send, to the topic `reads`: each ends as a dead letter in the store with its reason."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.end_to_end.city import Town, one_read
from topics.spec import all_topics

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
CAMERA = b"cam-00"


def _read(**more: Any) -> bytes:
    document = json.loads(one_read("1BAD111")[1]) | more
    return json.dumps(document).encode()


BAD: dict[str, tuple[bytes | None, bytes, str]] = {
    "not JSON": (CAMERA, b"\x00\x01 no JSON", "not_json"),
    "not even text": (CAMERA, b"\xff\xfe\xfd", "not_json"),
    "a list": (CAMERA, b"[1, 2]", "wrong_schema"),
    "another contract": (CAMERA, b'{"schema_version": 1, "camera_id": "cam-00"}', "wrong_schema"),
    "deeply nested": (CAMERA, b"[" * 100_000, "not_json"),
    "future version": (CAMERA, _read(schema_version=9), "unknown_version"),
    "no value": (CAMERA, b"", "empty"),
    "5 MB of plate": (CAMERA, _read(plate_raw="A" * 5_000_000), "wrong_schema"),
    "no key": (None, _read(), "key_missing"),
    "another key": (b"cam-01", _read(), "key_mismatch"),
    "200 characters": (CAMERA, _read(plate_raw="A" * 200), "wrong_schema"),
    "200 characters in a candidate": (CAMERA, _read(candidates=[{"text": "A" * 200, "confidence": 1}]), "wrong_schema"),
    "emoji": (CAMERA, _read(plate_raw="🚗🚗🚗", candidates=[]), "no_plate_text"),
    "emoji in a candidate": (CAMERA, _read(candidates=[{"text": "🚗", "confidence": 1}]), "wrong_schema"),
    "1970": (CAMERA, _read(captured_at="1970-01-01T00:00:00Z"), "captured_too_old"),
    "2100": (CAMERA, _read(captured_at="2100-01-01T00:00:00Z"), "captured_in_future"),
    "year 0": (CAMERA, _read(captured_at="0000-01-01T00:00:00Z"), "wrong_schema"),
    "no zone": (CAMERA, _read(captured_at="2026-01-01T00:00:00"), "wrong_schema"),
    "confidence of 2": (CAMERA, _read(confidence=2), "wrong_schema"),
    "unknown camera": (b"nowhere", _read(camera_id="nowhere"), "unknown_camera"),
}
REFERENCES = {
    "cameras": (b"cam-99", b"no JSON", "not_json"),
    "hotlist": (b"entry", b"{}", "wrong_schema"),
    "vehicles": (None, b"{}", "key_missing"),
}


def test_each_becomes_a_dead_letter_with_its_bytes_and_the_good_ones_go_on(town: Town) -> None:
    town.send([one_read("1GUT011")])
    taken = {name: bad for name, bad in BAD.items() if not town.send_raw("reads", bad[0], bad[1])}
    assert BAD.keys() - taken.keys() <= {"5 MB of plate"}  # a broker may refuse it at the door
    for topic, (key, value, _reason) in REFERENCES.items():
        assert town.send_raw(topic, key, value) == ""
    town.send([one_read("1GUT012")])
    assert town.drain() == []
    rows = town.rows(
        "SELECT source_offset, reason, value_base64, value_size, detail FROM dead_letters FINAL "
        "WHERE source_topic = 'reads' AND stage = 'consolidate' ORDER BY source_offset"
    )
    assert [reason for _offset, reason, *_ in rows] == [reason for _key, _value, reason in taken.values()]
    for (_offset, _reason, held, size, detail), (name, (_key, value, _)) in zip(rows, taken.items(), strict=True):
        assert base64.b64decode(held) == value[:65_536], name
        assert size == len(value), name
        assert detail or not value, name
        assert "1BAD111" not in detail, name
    assert {plate for (plate,) in town.rows("SELECT plate FROM passages FINAL")} == {"1GUT011", "1GUT012"}
    assert town.metrics("consolidate")['anpr_dead_letters_total{flow="consolidate",reason="unknown_camera"}'] == 1
    _assert_reference_letters(town)


def _assert_reference_letters(town: Town) -> None:
    """In the database of whose topic it was: a letter carries the plate."""
    told = "SELECT DISTINCT source_topic, reason FROM dead_letters FINAL WHERE source_topic != 'reads'"
    letters = {(topic, reason) for topic, (_key, _value, reason) in REFERENCES.items()}
    of_zones = {(topic, reason) for topic, reason in letters if all_topics()[topic].owner == "lez"}
    assert {tuple(row) for row in town.lez.query(told).result_rows} == of_zones
    assert set(town.rows(told)) == letters - of_zones


def test_times_are_stored_as_the_camera_told_them(town: Town) -> None:
    moment = datetime(2026, 11, 1, 12, 30, 15, 250_000, UTC)
    town.send([one_read("1T1ME11", captured_at=moment, received_at=datetime.now(UTC))])
    town.drain()
    assert town.rows("SELECT plate, captured_at, late FROM passages FINAL") == [("1T1ME11", moment, True)]
