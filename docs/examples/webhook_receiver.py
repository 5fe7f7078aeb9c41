"""A receiver of webhooks: verifies each delivery, drops repetitions, answers at once.

    python docs/examples/webhook_receiver.py --port 9000 --secret-file secret

The answer is given when the hit is safe (here: printed). A receiver that answers first and fails then has lost it. TLS
is the job of a proxy in front: the platform sends without it to its own machine only.
"""

from __future__ import annotations

import argparse
import sys
from collections import OrderedDict
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pydantic import ValidationError

from anpr.client import WebhookUnverified, verify_webhook
from schemas.hit import Hit

MOST_BYTES = 1_200_000
REMEMBERED = 100_000


class Receiver(ThreadingHTTPServer):
    """Knows the secret, and which deliveries came."""

    daemon_threads = True

    def __init__(self, port: int, secret: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.secret = secret
        self.taken: OrderedDict[str, None] = OrderedDict()

    def take(self, message_id: str, hit: Hit) -> None:
        """Do what a hit is for, once."""
        if message_id in self.taken:
            return
        print(f"{'taken back' if hit.withdrawn else hit.alert_class} {hit.plate} at {hit.camera_id}", flush=True)
        self.taken[message_id] = None
        if len(self.taken) > REMEMBERED:
            self.taken.popitem(last=False)


class Handler(BaseHTTPRequestHandler):
    """One delivery."""

    server: Receiver

    def do_POST(self) -> None:
        """204 taken · 400 not from the platform, or no hit · 413 too large."""
        length = int(self.headers.get("Content-Length", 0))
        if length > MOST_BYTES:
            self._answer(413)
            return
        body = self.rfile.read(length)
        try:
            message_id = verify_webhook(self.server.secret, dict(self.headers.items()), body, datetime.now(UTC))
            self.server.take(message_id, Hit.model_validate_json(body))
        except (WebhookUnverified, ValidationError) as error:
            print(f"refused: {type(error).__name__}", file=sys.stderr)
            self._answer(400)
        else:
            self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """One line for each request says nothing that `take` does not."""


def main() -> None:
    """Receive until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Receive hits by webhook.")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--secret-file", type=Path, required=True)
    options = parser.parse_args()
    receiver = Receiver(options.port, options.secret_file.read_text("utf-8").strip())
    print(f"listening on {receiver.server_port}", flush=True)
    receiver.serve_forever()


if __name__ == "__main__":
    main()
