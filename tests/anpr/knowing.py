"""What workers of a platform say of themselves, and whether they know yet what was registered."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.request import urlopen

from anpr.platform import Platform
from tests.anpr.program import wait_until

__all__ = ["metrics_of", "wait_until_known"]


def metrics_of(platform: Platform, flow: str) -> dict[str, float]:
    """The metrics page of a worker: metric with labels → value."""
    with urlopen(f"http://127.0.0.1:{platform.ports[flow]}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def wait_until_known(platform: Platform, flow: str, registered: Mapping[str, int]) -> None:
    """Until the worker holds so many records of each reference topic.

    Registered is known a moment later: workers look at reference topics twice a second, and no order holds between
    these and the topics of their input. Raises TimeoutError.
    """
    held = {f'anpr_reference_records{{flow="{flow}",topic="{topic}"}}': count for topic, count in registered.items()}
    wait_until(lambda: held.items() <= metrics_of(platform, flow).items(), what=f"{flow} knows {dict(registered)}")
