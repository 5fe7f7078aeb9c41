"""`/investigation`: who was at several scenes, who travels together, two routes side by side, what passed a place."""

from __future__ import annotations

from console.pages.page import page_of

__all__ = ["router"]

router = page_of("investigation", extra_words=("found_terms",))
