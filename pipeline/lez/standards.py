"""Euro standards as the laws tell them apart: an order from dirty to clean."""

from __future__ import annotations

import re
from typing import get_args

from schemas.lez import Standard

__all__ = ["STANDARDS", "StandardFault", "parse_standard", "rank", "standard_of"]

STANDARDS: tuple[Standard, ...] = get_args(Standard)
"""From dirty to clean."""
_RANK = {standard: place for place, standard in enumerate(STANDARDS)}
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7}
_WRITTEN = re.compile(r"(?:EURO[ -]?)?(?P<number>[0-7]|VII|VI|IV|V|III|II|I)[ -]?(?P<suffix>[A-Z-]*)", re.ASCII)
CLEANER_SIX, TOLERATED_SIX = re.compile(r"D|D-?ISC.*|E[ABC]?|E-BIS.*"), re.compile(r"DT|D-?TEMP.*")
"""What follows the 6 of vehicles that meet the limits on the road, without and with the temporary tolerance
(Commission Regulation (EU) 2018/1832, annex I, appendix 6): Euro 6d and what came after it, Euro 6d-TEMP. A record has
room for eight characters, so the ends of the longest may be missing."""


class StandardFault(ValueError):
    """A text that is no Euro standard; the message says what would be one."""


def rank(standard: Standard) -> int:
    """Its place among STANDARDS: the higher, the cleaner."""
    return _RANK[standard]


def standard_of(euro: int, suffix: str, *, heavy: bool = False) -> Standard:
    """The standard of a certificate's number and suffix: `6`, `d-TEMP`. Of heavy vehicles the number alone counts.

    A suffix that is not known counts for nothing: `6b`, `6c` are 6.
    """
    bare = suffix.upper().strip("-")
    if euro == 6 and not heavy and CLEANER_SIX.fullmatch(bare):
        return "6d"
    if euro == 6 and not heavy and TOLERATED_SIX.fullmatch(bare):
        return "6d-TEMP"
    return STANDARDS[_RANK["7"] if euro == 7 else euro]


def parse_standard(text: str) -> tuple[int, str]:
    """Number and suffix of what a person writes: `5`, `Euro 6d-TEMP`, `VI`, `none`. Raises StandardFault.

    The stages of the heavy class, as in `VI-D`, are told apart by no law.
    """
    tidy = text.strip().upper().replace("_", "-")
    if tidy in {"NONE", "NO", "PRE", "EURO NONE"}:
        return 0, ""
    if tidy == "EEV":
        return 5, ""
    found = _WRITTEN.fullmatch(tidy)
    if found is None or (found["suffix"] and found["number"] not in {"5", "6", "VI"}):
        raise StandardFault(f"{text!r} is no Euro standard: write none, 1 to 7, a suffix as in 6d or 6d-TEMP, or VI")
    number = _ROMAN.get(found["number"])
    return (int(found["number"]), found["suffix"].strip("-")) if number is None else (number, "")
