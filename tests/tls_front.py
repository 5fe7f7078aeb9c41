"""A server with TLS for tests: it hands on what comes to another port, or, where there is none, only shakes hands."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

__all__ = ["tls_front"]

CHUNK = 65_536


@contextmanager
def tls_front(both: Path, to_port: int | None = None) -> Iterator[int]:
    """The port on 127.0.0.1 where it listens. both: PEM file with key and certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)

    class Front(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as safe:
                if to_port is not None:
                    with socket.create_connection(("127.0.0.1", to_port)) as plain:
                        _hand_on(safe, plain)

    with ThreadingTCPServer(("127.0.0.1", 0), Front) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(10)


def _hand_on(safe: ssl.SSLSocket, plain: socket.socket) -> None:
    """Both ways, until one side ends."""
    while True:
        readable = [safe] if safe.pending() else select.select([safe, plain], [], [])[0]
        for source in readable:
            chunk = source.recv(CHUNK)
            if not chunk:
                return
            (plain if source is safe else safe).sendall(chunk)
