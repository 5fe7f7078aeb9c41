"""What a benchmark says when it cannot measure."""

from __future__ import annotations

__all__ = ["BenchFailed"]


class BenchFailed(RuntimeError):
    """The measurement broke off or found something lost; one sentence that says what."""
