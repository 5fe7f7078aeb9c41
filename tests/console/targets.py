"""Targets of webhooks on this machine, well-behaved and not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

from schemas.hit import Hit

__all__ = ["Delivery", "Target", "hanging", "target", "trickling"]


@dataclass(frozen=True)
class Delivery:
    """One request that came in."""

    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def hit(self) -> Hit:
        return Hit.model_validate_json(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Target:
    """Takes deliveries and answers what `answers` says: status, or status and headers."""

    port: int = 0
    answers: Callable[[int], int | tuple[int, dict[str, str]]] = lambda _: 204
    """Number of the delivery, from 1 → answer."""
    came: list[Delivery] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hits"

    def numbers(self) -> list[int]:
        """Which hits came, by the number that `hits.hit` gave them."""
        return [one.hit.hit_id.int for one in list(self.came)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hung up is no news."""


@contextmanager
def target(shared: Target | None = None) -> Iterator[Target]:
    """A target that listens; on the same port again when one that was ended is given."""
    state = shared or Target()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.came.append(Delivery(dict(self.headers.items()), body, monotonic()))
            answer = state.answers(len(state.came))
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = _Server(("127.0.0.1", state.port), Handler)
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def hanging() -> Iterator[str]:
    """A target that takes connections and never says a word; its address."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hits"


@contextmanager
def trickling(head: bytes = b"HTTP/1.1 200 OK\r\n", every_s: float = 0.05) -> Iterator[str]:
    """A target that begins an answer and goes on with a byte now and then, for ever."""
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.sendall(head + b"X-Slow: ")
            while not ended.wait(every_s):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hits"
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
