"""What a search by plate means: typed text as pattern, time and tolerance, and the pattern said back in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, TypeAlias

from console.searching.spoken import Heard, heard
from pipeline.plates.shapes import displayed
from sinks.clickhouse.plate_search.patterns import Match, is_plate, pattern_of, tokens_of
from sinks.clickhouse.searches import SearchRequest

__all__ = ["CLOCKS_AHEAD", "DEFAULT_DAYS", "Alternative", "Form", "alternatives_of", "in_words", "understood"]

DEFAULT_DAYS = 30
"""How far back is looked, unless said."""
CLOCKS_AHEAD = timedelta(hours=1)
"""Camera clocks that run a little ahead are not hidden."""
NARROW = timedelta(hours=6)
"""A search of so short a time needs less of the plate."""
Form: TypeAlias = Literal["is", "begins", "ends", "contains"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the things that a pattern finds."""

    form: Form
    places: Sequence[str]
    """A character, several of which it is one, `?` one unknown, `*` any number of unknown ones."""
    written: str = ""
    """The plate as people read it, where it is known in full; empty: it is not."""


def understood(request: SearchRequest, match: Match) -> tuple[SearchRequest, Heard]:
    """The request with the pattern that the typed text stands for. Raises SearchRefused."""
    said = heard(request.pattern)
    narrow = request.captured_until - request.captured_from <= NARROW + CLOCKS_AHEAD
    pattern = pattern_of(said.text, match, narrow=narrow)
    tolerant = match == "misread" or (match == "auto" and is_plate(pattern))
    return replace(request, pattern=pattern, tolerance=int(tolerant)), said


def alternatives_of(pattern: str) -> list[Alternative]:
    """A canonical pattern, taken apart."""
    return [_alternative(one) for one in pattern.split("|")]


def _alternative(one: str) -> Alternative:
    forms: dict[tuple[bool, bool], Form] = {
        (False, False): "is",
        (False, True): "begins",
        (True, False): "ends",
        (True, True): "contains",
    }
    written = displayed(one) if is_plate(one) else ""
    return Alternative(forms[one.startswith("*"), one.endswith("*")], tokens_of(one.strip("*")), written)


def in_words(pattern: str, *, tolerant: bool) -> str:
    """The pattern for people, in English."""
    if is_plate(pattern):
        how = "and what a camera may have made of it" if tolerant else "to the letter"
        return f"the plate {displayed(pattern)}, {how}"
    return "; or ".join(map(_said, alternatives_of(pattern)))


def _said(one: Alternative) -> str:
    begin = {
        "is": "plates",
        "begins": "plates that begin",
        "ends": "plates that end",
        "contains": "plates that contain",
    }
    return f"{begin[one.form]} {''.join(map(_place, one.places))}"


def _place(token: str) -> str:
    if token == "?":
        return "(one unknown)"
    if token == "*":
        return " … "
    return token if len(token) == 1 else f"({' or '.join(token)})"
