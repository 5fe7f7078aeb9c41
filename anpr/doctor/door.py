"""The ingest door: whether it is there, and whether it takes anything."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from anpr.doctor.finding import Finding
from anpr.settings import Settings

__all__ = ["look_at_door"]

ANSWER_S = 5.0
LATELY_S = 60.0
DEVICES_KEEP = "devices keep what they have on their own disks, and send it again by themselves"


def look_at_door(settings: Settings) -> Iterator[Finding]:
    """Where devices are told that it is, else where it would be on this machine."""
    url = settings.edge_url or _own(settings)
    try:
        said = _health(url, settings.edge_ca_file or settings.door_certificate_file)
    except (httpx.HTTPError, ssl.SSLError, OSError, ValueError) as error:
        yield _absent(url, error, expected=settings.edge_url is not None)
        return
    if "held_bytes" not in said:
        yield Finding(
            "door", "fault", f"{url} answers, but is no ingest door: is ANPR_EDGE_URL or ANPR_DOOR_PORT right?"
        )
        return
    yield _told(url, said)


def _own(settings: Settings) -> str:
    host = "127.0.0.1" if settings.door_host in ("0.0.0.0", "::") else settings.door_host
    return f"{'https' if settings.door_certificate_file else 'http'}://{host}:{settings.door_port}"


def _health(url: str, trusted: Path | None) -> dict[str, Any]:
    verify = ssl.create_default_context(cafile=trusted) if trusted else True
    found = httpx.get(f"{url.rstrip('/')}/health", timeout=ANSWER_S, verify=verify).json()
    return found if isinstance(found, dict) else {}


def _absent(url: str, error: Exception, *, expected: bool) -> Finding:
    if not expected and isinstance(error, httpx.ConnectError):
        return Finding("door", "ok", f"none at {url}: cameras and patrol cars that upload need one (`anpr door`)")
    words = f"does not answer at {url} ({type(error).__name__}): look at its log, start it (`anpr door`)"
    return Finding("door", "fault", f"{words}; meanwhile {DEVICES_KEEP}")


def _told(url: str, said: dict[str, Any]) -> Finding:
    if not said.get("ready"):
        words = f"takes nothing yet: {said.get('trouble') or 'it is starting'}; meanwhile {DEVICES_KEEP}"
        return Finding("door", "fault", words)
    again_s = said.get("told_to_come_again_s")
    lately = again_s is not None and again_s < LATELY_S
    if said.get("trouble"):
        words = f"{said['trouble']}; it answers 503, {DEVICES_KEEP}: mend the brokers"
        return Finding("door", "fault", words)
    if lately:
        words = f"told a device to come again {again_s:.0f} s ago: brokers are slow, or too much comes at once"
        return Finding("door", "warning", f"{words} (ANPR_DOOR_WAITING_MB); {DEVICES_KEEP}")
    return Finding("door", "ok", f"{url} takes uploads")
