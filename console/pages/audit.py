"""`/audit`: is the audit whole, who searched how often for what, one search's story."""

from __future__ import annotations

from console.pages.page import page_of

__all__ = ["router"]

router = page_of("audit")
