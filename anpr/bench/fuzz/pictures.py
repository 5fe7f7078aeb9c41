"""Small pictures of every kind that is read, most of them damaged."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from random import Random

import numpy as np
from PIL import Image as Pil

__all__ = ["KINDS", "mutated_picture", "whole_pictures"]

KINDS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "PPM")
MODES = ("RGB", "L", "RGBA", "P", "1", "CMYK", "I;16", "I")
NUMBERS = (b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x80\x00", b"\x00\x01")


@cache
def whole_pictures() -> tuple[bytes, ...]:
    """A picture of each kind and mode that there is; animated, turned and progressive ones too."""
    noise = np.random.default_rng(7).integers(0, 255, (24, 40, 3), dtype=np.uint8)
    picture = Pil.fromarray(noise)
    found = [_saved(_as(picture, mode), kind) for kind in KINDS for mode in MODES]
    turned = Pil.Exif()
    turned[0x0112] = 6
    turned.get_ifd(0x8769).update({0x9003: "2026:11:25 13:30:05", 0x9011: "+01:00", 0x9291: "25"})
    found += [_saved(picture, "JPEG", exif=turned), _saved(picture, "JPEG", progressive=True)]
    found += [
        _saved(picture, kind, save_all=True, append_images=[picture.rotate(180)]) for kind in ("GIF", "TIFF", "WEBP")
    ]
    return tuple(data for data in found if data)


def _as(picture: Pil.Image, mode: str) -> Pil.Image:
    return picture.convert("I").convert("I;16") if mode == "I;16" else picture.convert(mode)


def _saved(picture: Pil.Image, kind: str, **options: object) -> bytes:
    """Empty where this kind does not know such pictures."""
    buffer = io.BytesIO()
    try:
        picture.save(buffer, kind, **options)
    except (OSError, ValueError, KeyError):
        return b""
    return buffer.getvalue()


def mutated_picture(random: Random) -> bytes:
    """One of them, whole now and then."""
    data = random.choice(whole_pictures())
    for _ in range(random.choice((0, 1, 1, 2, 6))):
        data = _damaged(data, random)
    if random.random() < 0.3:
        data = _with_right_checksums(data)
    return data


def _damaged(data: bytes, random: Random) -> bytes:
    """Headers decide most: half of all damage is done to the first bytes."""
    most = min(len(data), 80) if random.random() < 0.5 else len(data)
    return random.choice(DAMAGES)(data, random.randrange(most + 1), random)


def _numbered(data: bytes, at: int, random: Random) -> bytes:
    number = random.choice(NUMBERS)
    return data[:at] + number + data[at + len(number) :]


def _joined(data: bytes, at: int, random: Random) -> bytes:
    other = random.choice(whole_pictures())
    return data[:at] + other[random.randrange(len(other)) :]


def _flipped(data: bytes, at: int, random: Random) -> bytes:
    return data[:at] + random.randbytes(1) + data[at + 1 :]


DAMAGES: tuple[Callable[[bytes, int, Random], bytes], ...] = (
    *(_flipped, _flipped, _flipped, _numbered, _joined),
    lambda data, at, _: data[:at],
    lambda data, at, random: data[:at] + random.randbytes(random.randrange(20)) + data[at:],
    lambda data, at, random: data[:at] + data[min(len(data), at + random.randrange(40)) :],
    lambda data, _, random: data + random.choice((b"\x00" * 70, data, b"\xff\xd9")),
)


def _with_right_checksums(data: bytes) -> bytes:
    """Of a PNG: otherwise nobody looks behind the first chunk that was damaged."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    mended, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        chunk = data[at + 4 : at + 8 + length]
        if len(chunk) < 4 + length or len(data) < at + 12 + length:
            break
        mended += data[at : at + 4] + chunk + struct.pack(">I", zlib.crc32(chunk))
        at += 12 + length
    return bytes(mended) + data[at:]
