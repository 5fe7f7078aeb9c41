"""Probabilities as people read them: nothing that is reckoned is certain, so none is told as 100 or 0 percent."""

from __future__ import annotations

__all__ = ["chance_text"]


def chance_text(probability: float) -> str:
    """`97%`, `over 99%`, `under 1%`. probability: 0-1."""
    if probability > 0.99:
        return "over 99%"
    return f"{probability:.0%}" if probability >= 0.01 else "under 1%"
