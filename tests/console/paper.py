"""What a PDF of ours says: its text by page, as a reader that copies it gets it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping

__all__ = ["pages_of"]

_OBJECT = re.compile(rb"(\d+) 0 obj\r?\n(.*?)\r?\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_FONTS = re.compile(rb"/F(\d+) (\d+) 0 R")
_WRITTEN = re.compile(rb"/F(?P<font>\d+) [\d.]+ Tf|\((?P<text>(?:[^\\()]|\\.)*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def pages_of(pdf: bytes) -> list[str]:
    """Text of each page, a blank between what is written apart."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    fonts = {number: _letters(objects, int(place)) for number, place in set(_FONTS.findall(pdf))}
    contents = (_content(body) for body in objects.values() if b"/Type /Page" not in body)
    return [" ".join(_texts(content, fonts)) for content in contents if b" Tj" in content]


def _content(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def _letters(objects: Mapping[int, bytes], place: int) -> Mapping[int, str]:
    """Code → character, of one font."""
    found = re.search(rb"/ToUnicode (\d+) 0 R", objects[place])
    assert found is not None, "a font whose text nobody can copy"
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", _content(objects[int(found[1])]))
    return {int(code, 16): bytes.fromhex(char.decode()).decode("utf-16-be") for code, char in pairs}


def _texts(content: bytes, fonts: Mapping[bytes, Mapping[int, str]]) -> Iterator[str]:
    letters: Mapping[int, str] = {}
    for found in _WRITTEN.finditer(content):
        if found["font"] is not None:
            letters = fonts[found["font"]]
            continue
        codes = _ESCAPED.sub(lambda one: {b"r": b"\r", b"n": b"\n"}.get(one[1], one[1]), found["text"])
        yield "".join(letters[int.from_bytes(codes[at : at + 2], "big")] for at in range(0, len(codes), 2))
