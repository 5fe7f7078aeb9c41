"""How old the events are that a flow has just worked off: since they were captured, and since they came in.

Looked at in one message of a batch, the first and so the oldest: a few microseconds a batch, none a message. What says
neither moment (reference records, inputs of people) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from pipeline.messages import Message
from pipeline.runtime.metrics import Metrics
from schemas.codec import UNREADABLE

__all__ = ["measure_age", "moments"]

FRAME_HEADER = "frame"
"""Where a frame says when it was taken: its value is the picture."""


class _Moments(msgspec.Struct):
    captured_at: datetime | None = None
    received_at: datetime | None = None


_DECODER = msgspec.json.Decoder(_Moments)


def moments(message: Message) -> Mapping[str, datetime]:
    """`captured` and `received` → moment, as far as the message tells them; nothing of one that cannot be read."""
    told = next((value for name, value in message.headers if name == FRAME_HEADER), message.value)
    try:
        found = _DECODER.decode(told)
    except UNREADABLE:  # the stage has judged it: it is a dead letter
        return {}
    named = {"captured": found.captured_at, "received": found.received_at}
    return {since: at for since, at in named.items() if at is not None and at.tzinfo is not None}


def measure_age(metrics: Metrics, flow: str, message: Message, now: datetime) -> None:
    """Observe the ages of a batch by its first message. A camera whose clock is ahead counts as 0."""
    for since, at in moments(message).items():
        metrics.observe("anpr_event_age_seconds", max(0.0, (now - at).total_seconds()), flow=flow, since=since)
