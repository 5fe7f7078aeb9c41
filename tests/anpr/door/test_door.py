"""The door as a process: what it takes is in the log, once; what it does not take, it says why."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.anpr.door.gate import Gate, a_read, reads, spooled
from tests.anpr.program import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def token(idle_gate: Gate) -> str:
    """Of a device for both cameras."""
    if idle_gate.process is None:
        idle_gate.serve()
    return idle_gate.known("car-12")


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["code"]) == (status, code)
    return found


def test_what_is_acknowledged_is_in_the_log(gate: Gate) -> None:
    token, before = gate.known("north", "north-1"), len(gate.log("reads"))
    answer = gate.post(reads(300, "north-1"), token)
    assert answer.json() == {"accepted": 300, "refused": [], "repeated": False, "clock_skew_s": None}
    assert [read["plate_raw"] for read in gate.stored("north-1")] == [read["plate_raw"] for read in reads(300)]
    assert len(gate.log("reads")) == before + 300


def test_some_are_taken_and_some_refused(gate: Gate, token: str) -> None:
    told = gate.post([a_read("1ABC111"), {"camera_id": "gate-1"}, a_read(camera="other-1")], token).json()
    assert told["accepted"] == 1
    assert [(one["index"], one["reason"]) for one in told["refused"]] == [(1, "wrong_schema"), (2, "camera_not_yours")]


def test_reads_of_other_cameras_alone_are_forbidden(gate: Gate, token: str) -> None:
    found = problem(gate.post([a_read(camera="other-1")], token), 403, "camera_not_yours")
    assert found["refused"][0]["index"] == 0
    assert gate.stored("other-1") == []


def test_nothing_usable_is_unprocessable(gate: Gate, token: str) -> None:
    problem(gate.post([{}], token), 422, "reads_unusable")
    problem(gate.post(b"no json", token), 422, "reads_unusable")
    problem(gate.post(b"[no json", token), 400, "not_reads")
    problem(gate.post([], token), 400, "not_reads")


def test_strangers_are_kept_out(gate: Gate, token: str) -> None:
    for shown in ("", "anprcam_car-12." + "x" * 43, token + "x", "anpr_desk.1.abc"):
        problem(gate.post([a_read()], shown), 401, "unknown_token")
    assert gate.post([a_read()], "").headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_holds_no_longer_within_seconds(gate: Gate) -> None:
    token = gate.known("car-13", "gate-9")
    assert gate.post([a_read(camera="gate-9")], token).status_code == 200
    gate.key("car-13", "gate-9", revoked=True)
    wait_until(lambda: gate.post([a_read(camera="gate-9")], token).status_code == 401, what="refusal", timeout_s=5)


def test_the_same_upload_again_changes_nothing(gate: Gate) -> None:
    token = gate.known("car-14", "again-1")
    body = reads(20, "again-1")
    for headers in ({}, spooled(1), spooled(2)):
        wanted = {"content": body if not headers else reads(20, "again-1", seed=int(headers["Anpr-Sequence"]))}
        first, second = (gate.post(wanted["content"], token, headers).json() for _ in range(2))
        assert (first["repeated"], second["repeated"]) == (False, True)
    assert gate.post(reads(20, "again-1", seed=1), token, spooled(1)).json()["repeated"], "an older one too"
    assert len(gate.stored("again-1")) == 60


def test_a_number_that_was_used_for_something_else_is_a_conflict(gate: Gate) -> None:
    token = gate.known("car-15", "clash-1")
    assert gate.post(reads(1, "clash-1"), token, spooled(1)).status_code == 200
    problem(gate.post(reads(2, "clash-1"), token, spooled(1)), 409, "other_content")
    assert gate.post(reads(2, "clash-1"), token, spooled(1, "another")).status_code == 200


def test_half_a_count_is_refused(gate: Gate, token: str) -> None:
    problem(gate.post([a_read()], token, {"Anpr-Spool": "spool-1"}), 400, "not_reads")
    problem(gate.post([a_read()], token, {"Anpr-Spool": "spool-1", "Anpr-Sequence": "0"}), 422, "field_wrong")


def test_too_large_an_upload_is_refused_without_being_kept(gate: Gate, token: str) -> None:
    problem(gate.post(b" " * 4_000_001, token), 413, "too_large")
    problem(gate.post_frame(b"x" * 8_000_000, {}, token), 413, "too_large")
    assert gate.health()["held_bytes"] == 0


def test_the_device_s_clock_is_measured(gate: Gate, token: str) -> None:
    before = gate.metric("anpr_device_skew_seconds_count")
    ahead = (datetime.now(UTC) + timedelta(seconds=90)).isoformat()
    told = gate.post([a_read()], token, {"Anpr-Clock": ahead}).json()
    assert 85 < told["clock_skew_s"] <= 90
    assert gate.post([a_read()], token, {"Anpr-Clock": "noon"}).json()["clock_skew_s"] is None
    assert gate.metric("anpr_device_skew_seconds_count") == before + 1


def test_a_frame_is_taken_once_as_it_is(gate: Gate, token: str) -> None:
    picture, about = b"\xff\xd8\xff picture", {"camera_id": "gate-1", "captured_at": "2026-11-26T08:00:00Z"}
    first, second = (gate.post_frame(picture, about, token).json() for _ in range(2))
    assert (first["accepted"], first["repeated"], second["repeated"]) == (1, False, True)
    (raw,) = [one for one in gate.log("frames") if one.value() == picture]
    header = dict(raw.headers() or [])["frame"]
    assert isinstance(header, bytes)
    assert json.loads(header)["camera_id"] == "gate-1"


def test_a_frame_that_cannot_be_taken(gate: Gate, token: str) -> None:
    about = {"camera_id": "gate-1", "captured_at": "2026-11-26T08:00:00Z"}
    problem(gate.post_frame(b"x", about, token, "image/gif"), 415, "not_reads")
    problem(gate.post_frame(b"", about, token), 400, "not_reads")
    problem(gate.post_frame(b"x", "{", token), 400, "not_reads")
    problem(gate.post_frame(b"x", {"camera_id": "gate-1"}, token), 422, "reads_unusable")
    problem(gate.post_frame(b"x", {**about, "camera_id": "other-1"}, token), 403, "camera_not_yours")


def test_a_device_that_hangs_up_leaves_nothing_behind(gate: Gate, token: str) -> None:
    with socket.create_connection(("127.0.0.1", gate.port)) as line:
        head = f"POST /api/v1/reads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 900\r\n\r\n"
        line.sendall(head.encode() + b"[{")
        wait_until(lambda: gate.health()["held_bytes"] == 2, what="the door reads it")
    wait_until(lambda: gate.health()["held_bytes"] == 0, what="the door has let go of it")


def test_every_outcome_is_counted(gate: Gate, token: str) -> None:
    outcomes = ("taken", "repeated", "refused", "unknown_token", "not_reads", "too_large", "other_content")
    before = {name: gate.metric("anpr_door_requests_total", outcome=name) for name in outcomes}
    headers = spooled(1, "counting")
    for content, shown, more in (
        ([a_read()], token, headers),
        ([{}], token, {}),
        ([a_read()], "", {}),
        (b"[", token, {}),
        (b" " * 4_000_001, token, {}),
    ):
        gate.post(content, shown, more)
    body = json.dumps(reads(1)).encode()
    gate.post(body, token, spooled(2, "counting"))
    gate.post(body, token, spooled(2, "counting"))
    gate.post([a_read()], token, spooled(2, "counting"))
    after = {name: gate.metric("anpr_door_requests_total", outcome=name) - before[name] for name in outcomes}
    assert after == dict.fromkeys(outcomes, 1.0) | {"taken": 2.0}


def test_no_plate_and_no_token_is_logged(gate: Gate, token: str) -> None:
    gate.post([a_read("9XYZ987"), {"plate_raw": "9XYZ987"}], token)
    gate.post(b'{"plate_raw": "9XYZ987"}', token)
    assert "9XYZ987" not in gate.said()
    assert token.rpartition(".")[2] not in gate.said()


def test_a_device_that_is_too_fast_is_told_for_how_long(new_gate: Callable[..., Gate]) -> None:
    gate = new_gate(door_reads_per_s="10")
    gate.serve()
    token = gate.key("fast-1", "fast-1")
    wait_until(lambda: gate.post([a_read(camera="fast-1")], token).status_code == 200, what="the key")
    assert gate.post(reads(200, "fast-1"), token).status_code == 200, "a burst goes through"
    answer = gate.post([a_read(camera="fast-1")], token)
    problem(answer, 429, "too_fast")
    assert 5 <= int(answer.headers["retry-after"]) <= 11
    assert gate.stop() == 0


def test_a_certificate_that_is_none_is_told(new_gate: Callable[..., Gate], tmp_path: Path) -> None:
    gate = new_gate(door_certificate_file=str(tmp_path / "none.pem"))
    with pytest.raises(AssertionError, match="ANPR_DOOR_CERTIFICATE_FILE"):
        gate.serve()
