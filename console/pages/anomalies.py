"""`/anomalies`: plates on two vehicles and cameras that cannot be right: compared, on the map, with what comes next."""

from __future__ import annotations

from console.pages.page import page_of
from console.pages.shell import SENTENCES

__all__ = ["router"]

router = page_of("anomalies", extra_words=("investigation", "found_terms", "case_terms", "cameras", SENTENCES))
