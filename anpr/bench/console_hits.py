"""Hits that benchmarks of the console send: each of another vehicle, made at this moment."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from schemas.codec import compiled
from schemas.hit import Hit

__all__ = ["fresh_hit"]

HitRecord = compiled(Hit)


def fresh_hit(camera_id: str) -> Hit:
    """A stolen vehicle at this camera, sure enough to be stopped."""
    now, plate = datetime.now(UTC), f"9{uuid.uuid4().hex[:10].upper()}"
    return HitRecord(
        hit_id=uuid.uuid4(),
        revision=1,
        passage_id=uuid.uuid4(),
        entry_id="bench",
        list_kind="stolen_vehicle",
        priority=10,
        owner="federal",
        plate=plate,
        listed_plate=plate,
        match="exact",
        probability=0.99,
        alert_class="alert",
        instruction="stop",
        reason="Reported stolen",
        camera_id=camera_id,
        captured_at=now,
        received_at=now,
    )
