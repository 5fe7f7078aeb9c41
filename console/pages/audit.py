"""`/audit`: is the audit whole, who searched how often for what, one search's story."""

from __future__ import annotations

from console.pages.page import page_of
from console.pages.shell import SENTENCES

__all__ = ["router"]

router = page_of("audit", extra_words=(SENTENCES,))
