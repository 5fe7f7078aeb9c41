"""Forms of a plate's text: compact for keys, confusion class for tolerant look-up.

What is not ASCII is folded when it is a plate's character in another dress, and dropped when it is not:

- full-width letters and digits (readers trained on Chinese write them): `１` is 1;
- Cyrillic and Greek capitals that look like a Latin one, which are the only ones on plates of Bulgaria, Serbia,
  Ukraine or Greece: `Н` is H;
- a Latin letter with a mark is the bare one: German districts have Ä, Ö, Ü, and `MÜ` is kept as `MU`; elsewhere no
  plate has marks, and a mark is a screw or dirt;
- all else (emoji, digits of other scripts, superscripts of signs: `m²`) is no part of a plate.

One character gives one or none, so that places in the text stay places on the plate.
"""

from __future__ import annotations

import functools
import re
import unicodedata

__all__ = ["MAX_LENGTH", "compact", "plate_key", "within_one_edit"]

MAX_LENGTH = 12
_OUTSIDE = re.compile(r"[^A-Z0-9]")
_FULL_WIDTH_FROM = 0xFEE0  # full-width forms are ASCII moved up by this
_LOOK_ALIKE = str.maketrans(
    {chr(code + _FULL_WIDTH_FROM): chr(code) for code in range(0x21, 0x7F)}
    | dict(zip("АВЕКМНОРСТУХІЈЅ", "ABEKMHOPCTYXIJS", strict=True))  # Cyrillic
    | dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))  # Greek
    | {"Ø": "O", "Ł": "L", "Đ": "D", "ẞ": "B", "ß": "B"}
)
_CONFUSION_CLASS = str.maketrans("ODQILZSGB", "000112568")


@functools.lru_cache(maxsize=16_384)
def compact(text: str) -> str:
    """Upper case letters A-Z and digits of a text, nothing else, look-alikes folded. May be empty."""
    return _OUTSIDE.sub("", text.upper() if text.isascii() else "".join(map(_folded, text)))


def _folded(char: str) -> str:
    upper = char.upper()
    alike = (upper if len(upper) == 1 else char).translate(_LOOK_ALIKE)
    bare = unicodedata.normalize("NFD", alike)[0].upper()
    return bare if len(bare) == 1 else ""


def plate_key(plate: str) -> str:
    """Canonical confusion-class key of a compact plate: O D Q→0, I L→1, Z→2, S→5, G→6, B→8."""
    return plate.translate(_CONFUSION_CLASS)


def within_one_edit(a: str, b: str) -> bool:
    """Equal, or one substitution, one missing or one extra character apart."""
    if abs(len(a) - len(b)) > 1:
        return False
    short, long = sorted((a, b), key=len)
    start = _common_prefix(short, long)
    rest = slice(start + 1, None)
    return short[rest] == long[rest] if len(a) == len(b) else short[start:] == long[rest]


def _common_prefix(short: str, long: str) -> int:
    for place, (x, y) in enumerate(zip(short, long, strict=False)):
        if x != y:
            return place
    return len(short)
