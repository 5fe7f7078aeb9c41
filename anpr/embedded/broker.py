"""The embedded broker as a child process: our own small server of Kafka's protocol, which keeps everything in memory.

It serves the demo and most tests. What it does and does not: docs/decisions/0033-own-embedded-broker.md.
Its log is gone when it ends. Each start gets its own cluster id, so that whoever remembers offsets can see
that they belong to another log.
"""

from __future__ import annotations

import os
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from anpr.embedded.child import Child, claim_port, start_child, wait_ready
from anpr.embedded.ready import answers

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class BrokerProcess:
    """A running embedded broker."""

    child: Child
    port: int
    """TCP port on the loopback interface."""
    cluster_id: str
    """Unique per start; also what `AdminClient.list_topics().cluster_id` answers."""

    @property
    def bootstrap(self) -> str:
        """Value for `bootstrap.servers`."""
        return f"{_HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the broker."""
        return self.child.pid

    def stop(self) -> None:
        """End the broker; what it held is gone."""
        self.child.stop()

    def kill(self) -> None:
        """End the broker at once, as a crash would."""
        self.child.kill()


def start_broker(*, port: int = 0, log_path: Path, timeout_s: float = 15.0) -> BrokerProcess:
    """Start an embedded broker on the loopback interface and wait until it answers metadata requests.

    port: 0 takes a free one. log_path: the broker's output is appended. timeout_s: wait for the first answer.
    The broker dies with the thread that started it. Raises ChildError with one sentence and the end of the log.
    """
    chosen = claim_port(port, host=_HOST)
    cluster_id = f"anpr-{uuid.uuid4().hex}"
    child = start_child("the embedded broker", _command(chosen, cluster_id), log_path)
    broker = BrokerProcess(child, chosen, cluster_id)
    wait_ready(child, lambda: answers(broker.bootstrap, cluster_id), timeout_s=timeout_s)
    return broker


def _command(port: int, cluster_id: str) -> list[str]:
    options = {
        "--host": _HOST,
        "--port": str(port),
        "--cluster-id": cluster_id,
        "--parent-pid": str(os.getpid()),
    }
    program = [sys.executable, "-m", "anpr.embedded.log_broker"]
    return [*program, *(part for option in options.items() for part in option)]
