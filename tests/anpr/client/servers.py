"""A server that answers as a test says, byte for byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi.sse import format_sse_event

from schemas.hit import Hit

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def event(one: Hit, place: str) -> bytes:
    """A hit as the API sends it."""
    return format_sse_event(event="hit", data_str=one.model_dump_json(), id=place)


def refusal(status: int, detail: str, *headers: str) -> bytes:
    """A problem document."""
    body = f'{{"title": "x", "status": {status}, "detail": "{detail}"}}'.encode()
    head = [f"HTTP/1.1 {status} X", "Content-Type: application/problem+json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode() + body


@dataclass
class Server:
    """Answers one connection after the other, and keeps what was asked."""

    port: int
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def places(self) -> list[str | None]:
        """`Last-Event-ID` of each request."""
        lines = [
            dict(line.lower().split(": ", 1) for line in one.splitlines()[1:] if ": " in line) for one in self.asked
        ]
        return [one.get("last-event-id") for one in lines]


@contextmanager
def answering(answers: Sequence[bytes]) -> Iterator[Server]:
    """A server for so many connections; each is closed behind its answer, the last one stays open in silence."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener.getsockname()[1])
        ended = threading.Event()

        def serve() -> None:
            left = list(answers)
            while left:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    asked = connection.recv(65_536)
                    if not asked.startswith(b"GET "):  # who had this port before: a client that looks for its broker
                        continue
                    server.asked.append(asked.decode())
                    connection.sendall(left.pop(0))
                    if not left:
                        ended.wait(30)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
