"""`/administration`: officers, decisions, subscribers, second factors, what is kept, settings."""

from __future__ import annotations

from console.pages.page import page_of
from console.pages.shell import SENTENCES

__all__ = ["router"]

router = page_of("administration", extra_words=(SENTENCES,))
