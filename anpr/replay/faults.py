"""What can go wrong with a recording or a run, besides what the parts in use raise themselves."""

from __future__ import annotations

__all__ = ["ReplayFault", "ReplayRefused"]


class ReplayRefused(ValueError):
    """Asked wrongly: the message says what would be right."""


class ReplayFault(RuntimeError):
    """Something does not work; the message says what."""
