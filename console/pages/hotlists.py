"""`/hotlists`: the lists of wanted vehicles, and changing them."""

from __future__ import annotations

from console.pages.page import page_of

__all__ = ["router"]

router = page_of("hotlists")
