"""Moments that senders made up: clocks and stamps say anything, and the calendar ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["FIRST", "LAST", "later", "moment_of"]

FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 30, tzinfo=UTC)
"""Beyond these nothing is told apart: in any zone they are moments still, so that nobody who writes one fails."""
_FIRST_MS, _LAST_MS = (round(at.timestamp() * 1000) for at in (FIRST, LAST))


def later(moment: datetime, span: timedelta) -> datetime:
    """The moment and so much later, or earlier by a negative span; at most the end of the calendar."""
    try:
        return moment + span
    except OverflowError:
        return LAST if span > timedelta(0) else FIRST


def moment_of(stamp_ms: int) -> datetime:
    """Of a stamp, ms since 1970, which may be any 64 bits."""
    return datetime.fromtimestamp(max(_FIRST_MS, min(stamp_ms, _LAST_MS)) / 1000, UTC)
