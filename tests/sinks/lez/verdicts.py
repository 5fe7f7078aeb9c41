"""Verdicts and notices as the pipeline writes them, for the tests of the zones' database."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.messages import Message
from tests.sinks.rows import message, plate

AGENT, CHIEF = "L. Janssens", "M. Lambert"
"""An agent of the zones, and their administrator."""
REASON = "The holder objects to the notice of last week"
HOUR = (datetime.now(UTC) - timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
"""Three days ago, on the hour."""


def verdict(zone: str, **more: Any) -> dict[str, Any]:
    """A verdict of a compliant car at HOUR."""
    given = {
        "schema_version": 1,
        "verdict_id": str(uuid.uuid4()),
        "revision": 1,
        "passage_id": str(uuid.uuid4()),
        "zone": zone,
        "plate": plate(),
        "camera_id": "gate-1",
        "captured_at": HOUR.isoformat(),
        "known_at": HOUR.isoformat(),
        "verdict": "compliant",
        "rule": f"{zone}:r1",
        "reason": "Euro 6 may enter.",
        "sure": True,
        "category": "M1",
        "fuel": "diesel",
        "standard": "6",
        "country": "BE",
    }
    return given | more


def later(told: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The same verdict as taken anew, a minute later."""
    known = datetime.fromisoformat(told["known_at"]) + timedelta(minutes=1)
    return told | {"known_at": known.isoformat()} | more


def notice(zone: str, **more: Any) -> dict[str, Any]:
    """A fine that is proposed for the day of HOUR."""
    given = {
        "schema_version": 1,
        "notice_id": str(uuid.uuid4()),
        "revision": 1,
        "state": "proposed",
        "kind": "fine",
        "zone": zone,
        "plate": plate(),
        "country": "BE",
        "day": f"{HOUR:%Y-%m-%d}",
        "final_at": HOUR.isoformat(),
        "passage_id": str(uuid.uuid4()),
        "camera_id": "gate-1",
        "captured_at": HOUR.isoformat(),
        "rule": f"{zone}:r1",
        "reason_en": "Euro 4.",
        "reason_fr": "Euro 4.",
        "reason_nl": "Euro 4.",
        "fine_eur": 350,
        "updated_at": HOUR.isoformat(),
    }
    return given | more


def messages(topic: str, *told: dict[str, Any]) -> list[Message]:
    """One message each, at the offsets from 0 on."""
    return [message(topic, offset, one) for offset, one in enumerate(told)]
