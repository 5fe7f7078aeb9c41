"""What a witness says of a plate, written down as it was said, as text that `patterns` reads.

| said | read as |
|---|---|
| `1-ABC-12B or 8`, `1ABC12B ou 8` | `1-ABC-12[B8]`: the last character is one of these |
| `8 or B12 ABC` | `[8B]12 ABC`: the first is |
| `1 alpha bravo charlie two three unknown` | `1 A B C 2 3 ?` |

Letters of another alphabet that look like ours are read as ours, and that is said; others are refused.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.plates.text import MAX_LENGTH, compact
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["Heard", "Note", "heard"]

Note: TypeAlias = Literal["look_alikes", "spelled", "either"]
"""What was read into the text: letters of another alphabet, a spelling, this or that character."""
REST = 4
"""Known characters beside `B or 8`, at least: with fewer, `or` may be letters of the plate (FA-OR 5)."""

_OR = r"\s+(?:or|of|ou|oder)\s+"
_AT_END = re.compile(rf"(?<=\w)(\w(?:{_OR}\w(?!\w))+)", re.IGNORECASE)
_AT_BEGIN = re.compile(rf"(?<!\w)(\w(?:{_OR}\w)+)(?=\w)")
"""Small letters only: `A OR 5123` is a plate of Augsburg."""
_OR_WORD = re.compile(_OR, re.IGNORECASE)
_UNKNOWN = re.compile(r"(?<!\w)(?:unknown|inconnue?|onbekende?)(?!\w)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_LETTERS = """
alfa alpha bravo charlie delta echo foxtrot golf hotel india juliett juliet kilo lima mike november oscar papa quebec
romeo sierra tango uniform victor whiskey whisky xray yankee zulu
"""
_SPELLING = {word: word[0].upper() for word in _LETTERS.split()}
_DIGITS = """
0 zero zéro nul 1 one un een één 2 two deux twee 3 three trois drie 4 four quatre vier 5 five cinq vijf 6 six zes
7 seven sept zeven 8 eight huit acht 9 nine niner neuf negen
"""
_NUMBERS = {word: digit for digit, words in re.findall(r"(\d)([^\d]+)", _DIGITS) for word in words.split()}


@dataclass(frozen=True, slots=True)
class Heard:
    """A text for `patterns.pattern_of`, and what was read into it."""

    text: str
    notes: tuple[Note, ...] = ()


def heard(typed: str) -> Heard:
    """The text that was meant. Raises SearchRefused for letters that look like none of ours."""
    notes: list[Note] = []
    text = typed
    for note, read in (("look_alikes", _latin), ("spelled", _spelled), ("either", _either)):
        before, text = text, read(text)
        if text != before:
            notes.append(note)  # type: ignore[arg-type]
    return Heard(text, tuple(notes))


def _latin(text: str) -> str:
    return text if text.isascii() else "".join(map(_latin_one, text))


def _latin_one(char: str) -> str:
    if char.isascii() or not char.isalpha() or unicodedata.name(char, "").startswith("LATIN"):
        return char
    alike = compact(char)
    if not alike:
        raise SearchRefused(
            f"'{char}' is a letter of another alphabet and looks like none of ours: type A-Z and 0-9, or ? for it",
            "pattern_wrong",
            typed=char,
        )
    return alike


def _spelled(text: str) -> str:
    """With spelling words as characters, where there are two, or one in a text too long for a plate."""
    text = _UNKNOWN.sub("?", text)
    joined = re.sub(r"\bx-ray\b", "xray", text, flags=re.IGNORECASE)
    words = [word for word in _WORD.findall(joined) if word.lower() in _SPELLING]
    if len(words) < (1 if len(compact(joined)) > MAX_LENGTH else 2):
        return text
    return _WORD.sub(lambda found: _character(found[0]), joined)


def _character(word: str) -> str:
    return _SPELLING.get(word.lower()) or _NUMBERS.get(word.lower()) or word


def _either(text: str) -> str:
    for way in (_AT_END, _AT_BEGIN):
        if len(compact(_OR_WORD.sub("", way.sub("", text)))) >= REST:
            text = way.sub(lambda found: f"[{_OR_WORD.sub('', found[1])}]", text)
    return text
