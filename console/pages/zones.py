"""`/zones`: low-emission zones: verdicts, notices, what a judging anew would change, counts by day."""

from __future__ import annotations

from console.pages.page import page_of

__all__ = ["router"]

router = page_of("zones")
