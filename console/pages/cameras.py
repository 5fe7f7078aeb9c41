"""`/cameras`: how the cameras are, and what to do about it."""

from __future__ import annotations

from console.pages.page import page_of
from console.pages.shell import SENTENCES

__all__ = ["router"]

router = page_of("cameras", extra_words=(SENTENCES,))
