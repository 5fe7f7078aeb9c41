"""What may stand at each place of a shape, read from its pattern.

A pattern is a regular expression of a small kind: look-aheads first, then groups, each of which is a part that stands
apart on the plate; in a group, alternatives of characters and classes with a count. No nesting, nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

__all__ = ["DIGITS", "LETTERS", "Layout", "layouts_of", "signature"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
_WHOLE = re.compile(r"(?:\(\?[!=][^()]+\))*((?:\((?!\?)[^()]+\))+)")
_GROUP = re.compile(r"\(([^()]*)\)")
_ITEM = re.compile(r"(\[[^\]]+\]|[A-Z0-9])(?:\{(\d+)(?:,(\d+))?\}|(\?))?")
_CLASS_OF = str.maketrans(LETTERS + DIGITS, "L" * len(LETTERS) + "D" * len(DIGITS))

Places = tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """One order of letters and digits that a shape has."""

    signature: str
    """One of L (letter), D (digit), M (either) per place."""
    places: Places
    """Characters possible at each place; together they may allow a text that the pattern does not."""
    texts: int
    """How many texts have it, look-aheads left out."""


def signature(text: str) -> str:
    """L for each letter, D for each digit of a compact text: `1ABC234` is `DLLLDDD`."""
    return text.translate(_CLASS_OF)


def layouts_of(pattern: str, longest: int) -> tuple[Layout, ...]:
    """The layouts of at most `longest` characters. Raises ValueError for a pattern of another kind."""
    whole = _WHOLE.fullmatch(pattern)
    if not whole:
        raise ValueError("a pattern is look-aheads, then groups without groups in them")
    groups = [_alternatives(group) for group in _GROUP.findall(whole[1])]
    joined = reduce(_joined, groups)
    return tuple(layout for layout in joined if len(layout.places) <= longest)


def _alternatives(group: str) -> list[Layout]:
    return _merged(layout for alternative in group.split("|") for layout in _sequence(alternative))


def _sequence(alternative: str) -> list[Layout]:
    items = list(_ITEM.finditer(alternative))
    if "".join(item[0] for item in items) != alternative or not items:
        raise ValueError(f"cannot read {alternative!r}: characters, classes and counts only")
    return reduce(_joined, [_item(item) for item in items])


def _item(item: re.Match[str]) -> list[Layout]:
    chars, low, high, optional = item.groups()
    allowed = frozenset(char for char in LETTERS + DIGITS if re.fullmatch(chars, char))
    least = 0 if optional else int(low or 1)
    most = 1 if optional else int(high or least)
    return [_layout((allowed,) * count, len(allowed) ** count) for count in range(least, most + 1)]


def _layout(places: Places, texts: int) -> Layout:
    return Layout("".join(map(_kind, places)), places, texts)


def _kind(allowed: Iterable[str]) -> str:
    kinds = {char.isdigit() for char in allowed}
    return "M" if len(kinds) == 2 else "D" if True in kinds else "L"


def _joined(heads: Sequence[Layout], tails: Sequence[Layout]) -> list[Layout]:
    return _merged(_layout(a.places + b.places, a.texts * b.texts) for a in heads for b in tails)


def _merged(layouts: Iterable[Layout]) -> list[Layout]:
    """One per signature, with all that stands at each place: 41 counties are one layout, not 41."""
    found: dict[str, list[Layout]] = {}
    for layout in layouts:
        found.setdefault(layout.signature, []).append(layout)
    return [_union(alike) for alike in found.values()]


def _union(alike: Sequence[Layout]) -> Layout:
    columns = zip(*(layout.places for layout in alike), strict=True)
    places = tuple(frozenset().union(*column) for column in columns)
    texts = math.fsum(layout.texts for layout in alike)
    return Layout(alike[0].signature, places, int(texts))
