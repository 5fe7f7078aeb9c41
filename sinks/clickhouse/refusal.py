"""The database says no: `code: what to do`, raised by the views of the migrations."""

from __future__ import annotations

import re

__all__ = ["Refusal", "SearchRefused", "refusal_of"]

_TOLD = (
    re.compile(r"Unknown element '([a-z_]+): ([^']*)' for enum"),
    re.compile(r"DB::Exception: ([a-z_]+): ([^(]*?)(?:: while executing|\(FUNCTION_THROW_IF|$)", re.MULTILINE),
)
"""The guard of every search is a cast that takes `open` alone; what one view refuses besides, it throws (throwIf)."""
_THROW_IF = "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"


class Refusal(ValueError):
    """Somebody is refused; the message says what would do."""

    def __init__(self, message: str, *, typed: str = "") -> None:
        """typed: what the message repeats of what they typed. It may be a plate: the API leaves it out."""
        super().__init__(message)
        self.typed = typed


class SearchRefused(Refusal):
    """The search may not be run; the message says what to state or to narrow. `code` is for programs."""

    def __init__(self, message: str, code: str = "search_refused", *, typed: str = "") -> None:
        super().__init__(message, typed=typed)
        self.code = code


def refusal_of(error: Exception) -> SearchRefused | None:
    """What a view refused, from ClickHouse's error; None for any other error."""
    text = str(error)
    cast, thrown = _TOLD
    found = cast.search(text) or (thrown.search(text) if _THROW_IF in text else None)
    return SearchRefused(found[2].strip().rstrip("."), found[1]) if found else None
