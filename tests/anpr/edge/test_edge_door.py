"""What a device makes of the door's answers, and of whatever stands between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from anpr.edge.door import Door, DoorRefused
from anpr.edge.items import Batch, Item

BATCH = Batch(7, 9, (Item("read", b'{"a":1}'), Item("read", b'{"a":2}')))


class _Told(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        server.asked.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        status, headers, body = server.told
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """No news."""


@pytest.fixture
def server() -> Iterator[Any]:
    """Answers whatever it is told to."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Told)
    server.asked = []
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def answered(server: Any, status: int, content: Any, batch: Batch = BATCH, **headers: str) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    server.told = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    door = Door(f"http://127.0.0.1:{server.server_port}", "a token")
    try:
        return door.upload("spool-1", batch)
    finally:
        door.close()


def test_reads_go_one_to_a_line_with_who_which_and_when(server: Any) -> None:
    answered(server, 200, {"accepted": 2})
    ((path, headers, body),) = server.asked
    assert (path, body) == ("/api/v1/reads", b'{"a":1}\n{"a":2}')
    names = ("Authorization", "Anpr-Spool", "Anpr-Sequence")
    assert [headers[name] for name in names] == ["Bearer a token", "spool-1", "7"]
    assert headers["Anpr-Clock"].endswith("+00:00")


def test_a_frame_goes_as_it_is(server: Any) -> None:
    answered(server, 200, {"accepted": 1}, Batch(1, 1, (Item("frame", b"\x89PNG...", '{"camera_id":"gate-1"}'),)))
    ((path, headers, body),) = server.asked
    assert (path, body, headers["Content-Type"]) == ("/api/v1/frames", b"\x89PNG...", "image/png")
    assert headers["Anpr-Frame"] == '{"camera_id":"gate-1"}'


@pytest.mark.parametrize(
    ("status", "content", "outcome"),
    [
        (200, {"accepted": 2}, "taken"),
        (200, {"accepted": 1, "refused": [{"index": 0, "reason": "not_json", "detail": ""}]}, "taken"),
        (200, b"<html>please sign in to this wireless network</html>", "not_admitted"),
        (200, {"status": "ok"}, "not_admitted"),
        (302, b"", "not_admitted"),
        (400, b"", "refused"),
        (401, {"detail": "revoked"}, "not_admitted"),
        (403, b"", "not_admitted"),
        (403, {"refused": [{"index": 0, "reason": "camera_not_yours", "detail": ""}]}, "taken"),
        (404, b"", "not_admitted"),
        (408, b"", "later"),
        (409, b"", "other_content"),
        (413, b"", "too_large"),
        (422, {"refused": [{"index": 0, "reason": "not_json", "detail": ""}]}, "taken"),
        (422, {"refused": "nonsense"}, "refused"),
        (429, b"", "later"),
        (500, b"", "later"),
        (502, b"<html>", "later"),
        (503, b"[1]", "later"),
    ],
)
def test_what_an_answer_means(server: Any, status: int, content: Any, outcome: str) -> None:
    assert answered(server, status, content).outcome == outcome


def test_how_long_to_wait_is_taken_from_the_answer(server: Any) -> None:
    assert answered(server, 503, b"", Retry_After="30").after_s == 30
    assert answered(server, 503, b"", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT").after_s == 0
    assert answered(server, 429, b"", Retry_After="999999999").after_s == 3600


def test_a_door_that_cannot_be_reached_is_waited_for() -> None:
    answer = Door("http://127.0.0.1:1", "a token").upload("spool-1", BATCH)
    assert answer.outcome == "later"
    assert "a token" not in answer.words


@pytest.mark.parametrize("url", ["door.example", "ftp://door.example", "https://", "http://door.example"])
def test_an_address_that_will_not_do_is_told(url: str) -> None:
    with pytest.raises(DoorRefused):
        Door(url, "a token")


def test_a_line_without_tls_must_be_asked_for() -> None:
    Door("http://door.example", "a token", insecure=True).close()


def test_an_authority_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(DoorRefused, match="cannot be read"):
        Door("https://door.example", "a token", tmp_path / "none.pem")
