"""The languages of the console, and which one somebody reads."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from fastapi import Depends
from starlette.requests import HTTPConnection

__all__ = ["LANGUAGES", "LANGUAGE_COOKIE", "Language", "LanguageOf", "language_of"]

Language = Literal["en", "fr", "nl"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LANGUAGE_COOKIE = "language"


def language_of(request: HTTPConnection) -> Language:
    """As chosen, else the browser's first of ours, else English: a program that says nothing is answered so."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    wished = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((known for wish in (chosen, *wished) for known in LANGUAGES if known == wish), "en")


LanguageOf = Annotated[Language, Depends(language_of)]
