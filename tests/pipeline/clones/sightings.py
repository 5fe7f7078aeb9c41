"""Sightings for tests of the rules: kilometres to the north, seconds after the beginning."""

from __future__ import annotations

from typing import Any

from pipeline.clones.sighting import Sighting
from tests.pipeline.clones.builders import KM_NORTH


def sighting(km: float, seconds: float, wrong: float = 1e-4, **changes: Any) -> Sighting:
    """At the camera at this kilometre."""
    fields: dict[str, Any] = {
        "passage_id": f"{km:g} {seconds:g}".ljust(16).encode()[:16],
        "revision": 1,
        "withdrawn": False,
        "camera_id": f"km-{km:g}",
        "captured_ms": round(seconds * 1000),
        "delay_ms": 0,
        "lat": 50 + km * KM_NORTH,
        "lon": 4.0,
        "wrong": wrong,
        "confidence": 0.9,
    }
    return Sighting(**fields | changes)
