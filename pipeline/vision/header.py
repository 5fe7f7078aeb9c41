"""Reads from a picture's header what Pillow refuses to tell: that it has no pixels."""

import struct

JPEG_MAGIC = b"\xff\xd8\xff"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
# Start-of-frame markers; C4, C8 and CC in this range mean other things.
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def declares_no_pixels(data: bytes) -> bool:
    """Whether `data` is a JPEG or PNG whose header says width 0 or height 0; False if it says nothing."""
    size = _png_size(data) if data.startswith(PNG_MAGIC) else _jpeg_size(data)
    return size is not None and 0 in size


def _png_size(data: bytes) -> tuple[int, int] | None:
    return struct.unpack_from(">II", data, 16) if len(data) >= 24 else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(height, width) of the first start-of-frame segment; None if the chain of segments breaks before one."""
    at = 2 if data.startswith(JPEG_MAGIC) else len(data)
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _FRAME_MARKERS:
            return struct.unpack_from(">HH", data, at + 5)
        at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    return None
