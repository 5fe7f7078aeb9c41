"""What a text is if it is no plate: a sign, an advert, a badge, a phone number, a number, a word.

By the text alone, so a suspicion and no verdict: a personalised plate may be any word. Words are taken as keys, so that
`TAX1` and `ST0P` are no way out.
"""

from __future__ import annotations

import functools
import re
from importlib.resources import files
from typing import Literal, TypeAlias

import yaml

from pipeline.plates.layout import DIGITS
from pipeline.plates.shapes import shape_of
from pipeline.plates.text import compact, plate_key

__all__ = ["Writing", "marks_of", "words_of", "writing_of"]

Writing: TypeAlias = Literal["sign", "badge", "phone_number", "number", "word"]
"""sign: words of traffic, shops and vehicle doors, addresses of the web, dates, prices, lower case. badge: makes and
models. phone_number: six digits or more. number: fewer. word: letters that no list knows."""
PHONE_FROM = 6
"""Digits from which a bare number is rather a phone number: house numbers, speeds and years have fewer."""

_PHONE = re.compile(r"\+?[\d\s./()-]{8,}")
_TELLING = re.compile(
    r"""
    .*(?:https?:|www\.?|@|\w\.(?:be|com|eu|nl|fr|lu|de|ro|org|net)\b).*   # address of the web
    | \D{0,4}\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})                     # date
    | \d{1,2}\s?[:h]\s?\d{2}(?:\s?-\s?\d{1,2}\s?[:h]\s?\d{2})?           # time, opening hours
    | [\d.,]+\s?(?:km/?h?|kg|cm|mm|eur|€|%)                              # measure, price
    | \d+[.,]\d+\s?[tm]                                                  # weight, height
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_LOWER_CASE = re.compile(r"[abdefghmnqrt]")
"""Letters whose small form looks unlike the capital one, also in a blurred picture. `c` and `l` do not count: they are
what a recogniser makes of C and I."""


def writing_of(text: str) -> Writing | None:
    """What a text is if it is no plate; None if nothing about it speaks against a plate.

    As read it tells more than compact: plates have capitals only, and `12/05/2026` is a date.
    """
    plate = compact(text)
    return marks_of(text) or _by_case(text) or words_of(plate) or _by_characters(plate)


def marks_of(text: str) -> Writing | None:
    """What punctuation and units say."""
    stripped = text.strip()
    if _TELLING.fullmatch(stripped):
        return "sign"
    return "phone_number" if _PHONE.fullmatch(stripped) else None


def words_of(plate: str) -> Writing | None:
    """Whether a compact text is made of words of signs or badges, also with a number where that is no plate."""
    signs, badges = _words()
    words = plate_key(plate) if shape_of(plate) else plate_key(plate.rstrip(DIGITS) or plate)
    if signs.fullmatch(words):
        return "sign"
    return "badge" if badges.fullmatch(words) else None


def _by_case(text: str) -> Writing | None:
    return "sign" if len(_LOWER_CASE.findall(text)) > 1 else None


def _by_characters(plate: str) -> Writing | None:
    if plate.isdigit():
        return "phone_number" if len(plate) >= PHONE_FROM else "number"
    return "word" if plate.isalpha() else None


@functools.cache
def _words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    groups = yaml.safe_load(files(__package__).joinpath("sign_words.yaml").read_text("utf-8"))
    signs, badges = (_any_of(" ".join(groups[name].values()).split()) for name in ("signs", "badges"))
    return signs, badges


def _any_of(words: list[str]) -> re.Pattern[str]:
    """One to three of the words in a row."""
    keys = sorted({plate_key(word) for word in words}, key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(keys)}){{1,3}}")
