"""What a canonical pattern tells about the keys that can fit it, so that a search need not read or compare them all.

Only a saving: the database compares each plate with the pattern of the recorded search itself.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from string import ascii_uppercase, digits
from typing import Any

from pipeline.plates.text import MAX_LENGTH, plate_key
from sinks.clickhouse.plate_search.patterns import tokens_of

__all__ = ["KEY_ALPHABET", "MAX_KEYS", "Narrowing", "narrowings_of"]

KEY_ALPHABET = "".join(sorted(set(plate_key(digits + ascii_uppercase))))
MAX_KEYS = 500
"""Keys that are looked up one by one before a whole month is read instead: 400 cost a sixth of that."""
ANY = "*"
Place = str
"""Characters of the key that may stand there, or ANY: any number of any."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Parameters of the view `plates_of_search`; what is empty narrows nothing."""

    keys: tuple[str, ...] = ()
    prefix: str = ""
    run: str = ""
    and_run: str = ""
    mask: int = 0
    value: int = 0

    def parameters(self) -> Mapping[str, Any]:
        """To be bound, by name."""
        return asdict(self) | {"keys": list(self.keys)}


def narrowings_of(pattern: str) -> tuple[Narrowing, ...]:
    """One for each look through the plates; together they let through all keys that fit the canonical pattern."""
    alternatives = [_places(one) for one in pattern.split("|")]
    keys: set[str] = set()
    rest = []
    for places in alternatives:
        spelled = _spelled(places, MAX_KEYS - len(keys))
        keys.update(spelled)
        if not spelled:
            rest.append(places)
    looked_up = (Narrowing(keys=tuple(sorted(keys))),) if keys else ()
    return looked_up + _together(rest)


def _places(alternative: str) -> list[Place]:
    meaning = {"?": KEY_ALPHABET, ANY: ANY}
    return [meaning.get(token, "".join(sorted(set(plate_key(token))))) for token in tokens_of(alternative)]


def _spelled(places: Sequence[Place], most: int) -> list[str]:
    """All keys that fit, if they are no more than that; else none."""
    if ANY in places or math.prod(map(len, places)) > most:
        return []
    return ["".join(chars) for chars in itertools.product(*places)]


def _together(alternatives: Sequence[Sequence[Place]]) -> tuple[Narrowing, ...]:
    """One look for all that share a run and begin with no known characters, else one each."""
    each = tuple(_narrowing(places) for places in alternatives)
    if len(each) > 1 and not any(one.prefix for one in each):
        shared = set.intersection(*(_parts(places) for places in alternatives))
        if shared:
            return (Narrowing(run=max(shared, key=lambda run: (len(run), run))),)
    return each


def _parts(places: Sequence[Place]) -> set[str]:
    """All texts of two characters or more that stand in every key that fits."""
    return {
        run[start:end]
        for run in _runs(places)
        for start, end in itertools.combinations(range(len(run) + 1), 2)
        if end - start > 1
    }


def _narrowing(places: Sequence[Place]) -> Narrowing:
    prefix = "".join(itertools.takewhile(lambda place: len(place) == 1 and place != ANY, places))
    runs = sorted(_runs(places[len(prefix) :]), key=lambda run: (len(run), run[0] not in digits), reverse=True)
    if runs and len(runs[0]) > 1:
        return Narrowing(prefix=prefix, run=runs[0])
    mask, value = _positional(places)
    if mask.bit_count() > 8 * len(prefix):
        return Narrowing(prefix=prefix, mask=mask, value=value)
    run, and_run, *_ = *runs, "", ""
    return Narrowing(prefix=prefix, run=run, and_run=and_run)


def _runs(places: Sequence[Place]) -> Iterator[str]:
    """Known characters in a row."""
    for known, row in itertools.groupby(places, key=lambda place: len(place) == 1 and place != ANY):
        if known:
            yield "".join(row)


def _positional(places: Sequence[Place]) -> tuple[int, int]:
    """Bits that a key must have, its first character lowest: those in which all characters of a place agree.

    A pattern without `*` also ends: the byte after its last place is 0.
    """
    mask = value = 0
    for at, place in enumerate([*places, "\0"][: MAX_LENGTH + 1]):
        if place == ANY:
            break
        codes = [ord(char) for char in place]
        same = 0xFF
        for code in codes:
            same &= ~(code ^ codes[0])
        mask |= same << 8 * at
        value |= (codes[0] & same) << 8 * at
    return mask, value
