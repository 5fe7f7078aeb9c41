"""What the routes of the door work with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from anpr.door.budget import Budget
from anpr.door.intake import Intake
from anpr.door.keys import Keys
from anpr.door.ledger import Ledger
from console.limits import Buckets
from pipeline.runtime.clock import Clock
from pipeline.runtime.metrics import Metrics
from schemas.codec import Refused

__all__ = ["KEYS_TOPIC", "Parts", "PartsOf"]

LOGGER = logging.getLogger(__name__)
KEYS_TOPIC = "camera-keys"
UPLOADS_TOPIC = "uploads"
SLOW_S = 10.0


@dataclass(slots=True)
class Parts:
    """Of one process."""

    keys: Keys
    ledger: Ledger
    intake: Intake
    budget: Budget
    buckets: Buckets
    metrics: Metrics
    clock: Clock
    trouble: Callable[[], str]
    """What the follower waits for; empty: for nothing."""
    ready: bool = False
    """All keys and uploads that were there at the start are known."""
    most_frame_bytes: int = field(default=0)
    _told_again_at: float | None = None
    """When a device was last told to come again, by the clock that never goes back."""

    def learn(self, topic: str, key: bytes, value: bytes | None) -> None:
        """A message of one of the door's topics."""
        try:
            if topic == KEYS_TOPIC:
                self.keys.put(key, value)
                self.metrics.set("anpr_camera_keys", self.keys.holding())
            else:
                self.ledger.put(key, value)
        except Refused as refused:
            LOGGER.error("a message of %s cannot be used: %s", topic, refused.reason)

    def report(self) -> dict[str, Any]:
        """For /health. Not alive would mean: start me again; a broker that is away is no reason for that."""
        waiting_s = round(self.intake.oldest_s(), 1)
        trouble = self.trouble() or (f"the broker has acknowledged nothing for {waiting_s} s" if self._slow() else "")
        return {
            "ready": self.ready,
            "trouble": trouble,
            "under_way": self.intake.under_way(),
            "oldest_s": waiting_s,
            "held_bytes": self.budget.held,
            "told_to_come_again_s": self._since_told_again(),
        }

    def told_again(self) -> None:
        """A device was told to come again: what it has is on its own disk."""
        self._told_again_at = self.clock.monotonic()

    def _since_told_again(self) -> float | None:
        return None if self._told_again_at is None else round(self.clock.monotonic() - self._told_again_at, 1)

    def _slow(self) -> bool:
        return self.intake.oldest_s() > SLOW_S


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(_parts)]
