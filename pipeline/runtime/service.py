"""The two pages that every worker serves: /metrics for Prometheus, /health for whoever keeps it running."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from pipeline.runtime.clock import Clock

__all__ = ["Heartbeat", "ServicePages"]

ALIVE_FOR_S = 60.0


class Heartbeat:
    """Knows when the loop last showed life, and what it is doing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.monotonic()
        self.state = "starting"

    def beat(self, trouble: str = "") -> None:
        """The loop has come around. trouble: what does not work though it goes on."""
        self._last = self._clock.monotonic()
        self.state = f"running; {trouble}" if trouble else "running"

    def report(self) -> dict[str, Any]:
        """State, and seconds since the last sign of life."""
        idle_s = round(self._clock.monotonic() - self._last, 1)
        return {"state": self.state, "last_step_s": idle_s, "alive": idle_s < ALIVE_FOR_S}


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Probes every few seconds are no news."""


@dataclass(slots=True)
class ServicePages:
    """An HTTP server in a thread of its own."""

    host: str
    port: int
    registry: CollectorRegistry
    health: Callable[[], Mapping[str, Any]]
    _server: WSGIServer | None = None

    def start(self) -> int:
        """Serve; returns the port (a free one if `port` is 0). Raises OSError when the port is taken."""
        self._server = make_server(self.host, self.port, self._respond, _Server, _QuietHandler)
        threading.Thread(target=self._server.serve_forever, name="service-pages", daemon=True).start()
        return self._server.server_port

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _respond(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        pages = {"/metrics": self._metrics, "/health": self._health}
        page = pages.get(environ["PATH_INFO"])
        if page is None:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"pages: /metrics, /health\n"]
        status, content_type, body = page()
        start_response(status, [("Content-Type", content_type)])
        return [body]

    def _metrics(self) -> tuple[str, str, bytes]:
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest(self.registry)

    def _health(self) -> tuple[str, str, bytes]:
        report = self.health()
        status = "200 OK" if report.get("alive", True) else "503 Service Unavailable"
        return status, "application/json", json.dumps(report).encode()
