"""Workers of this data folder, and what they say that they wait for. Of others Prometheus tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil

from anpr.doctor.finding import Finding
from anpr.settings import Settings
from anpr.wiring import FLOWS

__all__ = ["health_page", "look_at_workers"]

ANSWER_S = 3.0
DO = {
    "broker": "mend the broker",
    "store": "mend the store",
    "pictures": "look at the place of evidence pictures (ANPR_EVIDENCE) and its disk",
}


def look_at_workers(settings: Settings) -> Iterator[Finding]:
    """Each one that wrote into the data folder where it is, and still runs."""
    running = 0
    for name in FLOWS:
        port = _port(settings.data_dir / f"worker.{name}.ready")
        if port is None:
            continue
        running += 1
        said = health_page(port, ANSWER_S)
        if said is None:
            yield Finding(f"worker {name}", "fault", f"does not answer on port {port}: look at its log, start it again")
        elif (waits_for := said.get("waiting_for")) is not None:
            words = f"{said['state']}: {DO[waits_for]}; it goes on by itself, nothing is lost"
            yield Finding(f"worker {name}", "warning", words)
        elif not said.get("alive", True):
            words = f"has shown no life for {said['last_step_s']:.0f} s: look at its log, start it again"
            yield Finding(f"worker {name}", "fault", words)
    if running:
        yield Finding("workers", "ok", f"{running} run here")


def _port(ready: Path) -> int | None:
    try:
        told = json.loads(ready.read_text())
        return int(told["port"]) if psutil.pid_exists(told["pid"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def health_page(port: int, timeout_s: float) -> dict[str, Any] | None:
    """What a process of this machine says of itself, also where it says that it does not live; None: no answer."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=timeout_s) as answer:
            return dict(json.load(answer))
    except HTTPError as not_alive:
        with not_alive:
            return dict(json.load(not_alive))
    except (URLError, OSError, ValueError):
        return None
