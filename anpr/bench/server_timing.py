"""What a server says that it waited for: the header `Server-Timing`, as `console.timing` writes it."""

from __future__ import annotations

__all__ = ["server_timing"]


def server_timing(header: str) -> dict[str, float]:
    """Part → ms. Raises ValueError for what is no such header."""
    parts = (one.strip().partition(";dur=") for one in header.split(","))
    return {name: float(ms) for name, _, ms in parts}
