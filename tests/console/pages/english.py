"""Words by which a text shows that it is English."""

from __future__ import annotations

import re

__all__ = ["english_in"]

ONLY_ENGLISH = re.compile(
    r"\b(the|and|with|without|this|that|these|those|from|which|there|nothing|your|you|not|are|were|has|to|by|when|until|"
    r"since|more|any|only|years?|months?|days?)\b",
    re.IGNORECASE,
)
"""Neither Dutch nor French has them."""
CODE = re.compile(r"`[^`]*`|\{\w+\}")


def english_in(text: str) -> list[str]:
    """Its English words; what stands between backticks is typed into a terminal, a place in braces holds something."""
    return ONLY_ENGLISH.findall(CODE.sub(" ", text))
