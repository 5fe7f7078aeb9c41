"""What people type for a plate, as the canonical pattern of the contract.

| typed | canonical | finds |
|---|---|---|
| `1-abc-234` | `1ABC234` | that plate: from `FULL_FROM` characters on it is whole |
| `1ABC` | `*1ABC*` | plates that contain it |
| `1ABC*`, `*234`, `*BC2*`, `1?BC234` | as typed | `?` one character, `*` any number |
| `1A[B8]C*`, `1A(B or 8)C*`, `1 A B or 8 C*` | `1A[8B]C*` | one of these characters |
| `ABC234\\|ABC284`, `ABC234 or ABC284` | `ABC234\\|ABC284` | the one or the other |
| `ABC+123` | `*ABC*123*\\|*123*ABC*` | groups in either order, anything between and around |
| `1+ABC+234` | `1ABC234\\|1234ABC\\|…` | groups that make up a whole plate, side by side |

Canonical patterns consist of `A-Z 0-9 ? * [ ] |` and nothing else: what people type is folded as the readers' texts
are, dropped as a separator, or refused with how to write it. Comparison is on confusion classes
(`pipeline.plates.text.plate_key`), so nobody needs to type `[O0]`.
"""

from __future__ import annotations

import itertools
import re
from typing import Literal, TypeAlias

from pipeline.plates.text import MAX_LENGTH, compact
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["FULL_FROM", "MAX_PATTERN", "MIN_KNOWN", "Match", "is_plate", "known_in", "pattern_of", "tokens_of"]

Match: TypeAlias = Literal["auto", "exact", "partial", "misread"]
"""auto: as the text looks. exact: a whole plate as typed. partial: part of one. misread: a whole plate and what a
camera may have made of it."""

FULL_FROM = 6
"""Characters from which a text without wildcards is a whole plate. Shorter plates exist, but a whole that is taken for
a part is found too, and comes first; a part that is taken for a whole finds nothing."""
MIN_KNOWN = 3
"""Known characters that part of a plate needs: with two, hundreds of thousands of vehicles of a country fit."""
MIN_KNOWN_NARROW = 2
"""The same for a search of a few hours."""
MIN_MISREAD = 4
"""Characters that a plate needs to be looked for with an error in it."""
KNOWN_CHOICE = 3
"""A choice of up to so many characters counts as known."""
MAX_PATTERN = 64
"""Characters of a canonical pattern, as in `schemas.search`."""
MAX_TYPED = 200
MAX_GROUPS = 3

_OR = r"(?:\s+(?:or|of|ou|oder)\s+)"
_BRACKETED = re.compile(rf"[\[(]\s*(\w(?:(?:{_OR}|[\s|,/]*)\w)*)\s*[\])]", re.IGNORECASE)
_SPOKEN = re.compile(rf"(?<![^\s.\-])(\w(?:{_OR}\w(?!\w))+)", re.IGNORECASE)
_OR_WORD = re.compile(_OR, re.IGNORECASE)
_BETWEEN = re.compile(rf"{_OR}|[\s|,/]+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s.\-·_/‐‑‒–—−]+")
_TOKEN = re.compile(r"\[[A-Z0-9]+\]|[A-Z0-9?*]")
_RAGGED = re.compile(r"\[\w*[^\w\]]")
_SEVERAL = re.compile(r"[?*]*\*[?*]*")
_HOW = "use letters and digits, ? for one unknown character, * for several, [B8] for B or 8"


def pattern_of(typed: str, match: Match = "auto", *, narrow: bool = False) -> str:
    """The canonical pattern of what somebody typed. Raises SearchRefused that says how to write or to narrow it.

    narrow: the search covers a few hours only, so less of the plate need be known.
    """
    if len(typed) > MAX_TYPED:
        raise SearchRefused(f"no plate is that long ({len(typed)} characters): {_HOW}", "pattern_wrong")
    texts = [_bare(part, typed) for part in _alternatives(_choices_marked(typed))]
    found = [one for text in texts for one in _forms(text, typed, match)]
    pattern = "|".join(dict.fromkeys(found))
    if len(pattern) > MAX_PATTERN:
        raise SearchRefused("too many possibilities for one search: ask for fewer at a time", "pattern_wrong")
    if match == "misread" and not (is_plate(pattern) and len(pattern) >= MIN_MISREAD):
        raise SearchRefused(
            f"'{typed[:40]}': looking for misreads needs one whole plate, without ? and *; --match partial takes parts",
            "pattern_wrong",
            typed=typed[:40],
        )
    for one in found:
        _check(one, match, narrow=narrow)
    return pattern


def is_plate(pattern: str) -> bool:
    """Whether a canonical pattern is one plate, all characters known."""
    return pattern.isalnum()


def tokens_of(alternative: str) -> tuple[str, ...]:
    """The places of one alternative of a canonical pattern: `A`, `?`, `*`, or a choice as its characters, `8B`."""
    return tuple(token.strip("[]") for token in _TOKEN.findall(alternative))


def known_in(alternative: str) -> int:
    """How many characters of an alternative are known, a choice of few counting as one."""
    return sum(token not in {"?", "*"} and len(token) <= KNOWN_CHOICE for token in tokens_of(alternative))


def _choices_marked(typed: str) -> str:
    """Choices of one character in whatever dress as `[B8]`: `(B or 8)`, `B of 8`. Alone they would be no plate."""
    text = _BRACKETED.sub(lambda found: f"[{_BETWEEN.sub('', found[1])}]", typed)
    if _SPOKEN.fullmatch(text.strip()):  # A OR 5 is a plate of Augsburg
        return text
    return _SPOKEN.sub(lambda found: f"[{_OR_WORD.sub('', found[1])}]", text)


def _alternatives(text: str) -> list[str]:
    parts = [part for bar in text.split("|") for part in _OR_WORD.split(bar)]
    spoken = len(parts) > len(text.split("|"))
    if spoken and min(len(compact(part)) for part in parts) < FULL_FROM:
        if len(compact(text)) <= FULL_FROM:  # short, so the word may be letters of the plate
            return text.split("|")
        raise SearchRefused(
            f"'{text}' may mean several things: write 1A[B8]C for B or 8 at one place", "pattern_wrong", typed=text
        )
    return parts


def _bare(part: str, typed: str) -> str:
    """One alternative in the canonical alphabet and `+`, everything folded. Raises SearchRefused."""
    text = _SEPARATORS.sub("", "!" if _RAGGED.search(part) else part)
    chars = [char if char in "?*[]+" else compact(char) for char in text]
    bare = "".join(chars)
    if not all(chars) or re.sub(r"[+]|" + _TOKEN.pattern, "", bare):
        raise SearchRefused(f"'{typed[:40]}' is no plate: {_HOW}", "pattern_wrong", typed=typed[:40])
    return re.sub(r"\[([A-Z0-9]+)\]", lambda found: _choice(found[1]), bare)


def _choice(chars: str) -> str:
    distinct = "".join(sorted(set(chars)))
    return distinct if len(distinct) == 1 else f"[{distinct}]"


def _forms(text: str, typed: str, match: Match) -> list[str]:
    """The canonical alternatives of one text: one, or one for each order of its groups."""
    groups = text.split("+")
    if len(groups) == 1:
        return [_form(text, match)]
    if not all(map(known_in, groups)) or len(groups) > MAX_GROUPS:
        why = f"'{typed[:40]}': + stands between two or three groups, as in ABC+123"
        raise SearchRefused(why, "pattern_wrong", typed=typed[:40])
    whole = match != "partial" and sum(map(_places, groups)) > FULL_FROM and "*" not in text
    orders = [list(order) for order in itertools.permutations(groups)]
    return ["".join(order) if whole else _stars(f"*{'*'.join(order)}*") for order in orders]


def _form(text: str, match: Match) -> str:
    if not text:
        raise SearchRefused(f"type a plate or part of one: {_HOW}", "pattern_wrong")
    if match == "partial" or (match == "auto" and not {"?", "*"} & set(text) and _places(text) < FULL_FROM):
        return _stars(text if "*" in text else f"*{text}*")
    return _stars(text)


def _stars(text: str) -> str:
    """Wildcards in a row in one order: those for one character first, then one star."""
    return _SEVERAL.sub(lambda found: "?" * found[0].count("?") + "*", text)


def _places(alternative: str) -> int:
    return sum(token != "*" for token in tokens_of(alternative))


def _check(one: str, match: Match, *, narrow: bool) -> None:
    """Raises SearchRefused where an alternative is none, too long, or would show half the country."""
    known = known_in(one)
    if _places(one) > MAX_LENGTH:
        raise SearchRefused(f"no plate has more than {MAX_LENGTH} characters: {_HOW}", "pattern_wrong")
    least = MIN_KNOWN_NARROW if narrow else MIN_KNOWN
    if known < least and not (match == "exact" and is_plate(one)):
        raise SearchRefused(
            f"too wide: {known} known character{'' if known == 1 else 's'} of the plate; give at least {least}"
            + ("" if narrow else f", or {MIN_KNOWN_NARROW} within a few hours, or --match exact if that is all of it"),
            "pattern_wide",
        )
