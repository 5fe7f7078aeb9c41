"""HTTP compression as clickhouse-connect uses it: lz4 frames, zstd, gzip, deflate."""

import zlib
from collections.abc import Callable
from typing import Protocol

import lz4.frame  # type: ignore[import-untyped]
from backports import zstd

from anpr.embedded.store.errors import CANNOT_DECOMPRESS, NOT_IMPLEMENTED, QUERY_IS_TOO_LARGE, store_error

MIN_COMPRESSED_BYTES = 512
"""Smaller answers are sent plain: the frame would cost more than it saves."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Inflate:
    """zlib's object in the shape of the other two, whose `decompress` keeps unread input itself."""

    def __init__(self, wbits: int) -> None:
        self._zlib = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


_DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "zstd": zstd.ZstdDecompressor,
    "gzip": lambda: _Inflate(31),
    "deflate": lambda: _Inflate(15),
}
_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {  # in order of preference: the wire is loopback
    "lz4": lz4.frame.compress,
    "zstd": lambda data: zstd.compress(data, 1),
    "gzip": lambda data: _deflate(data, 31),
    "deflate": lambda data: _deflate(data, 15),
}


def decompress_body(data: bytes, encoding: str, *, limit: int) -> bytes:
    """Undo a request's Content-Encoding. limit: bytes of the result, so that a small bomb stays small.

    Bodies may be several frames in a row: clickhouse-connect compresses each block by itself.
    Raises StoreError when the encoding is unknown, the data is damaged or cut off, or the limit is passed.
    """
    if encoding in ("", "identity"):
        return data
    if encoding not in _DECOMPRESSORS:
        raise store_error(NOT_IMPLEMENTED, f"Content-Encoding {encoding!r} is not supported")
    try:
        return _decompress_frames(data, _DECOMPRESSORS[encoding], limit)
    except (RuntimeError, zlib.error, zstd.ZstdError, EOFError) as err:
        raise store_error(CANNOT_DECOMPRESS, f"Cannot decompress the {encoding} body: {err}") from err


def _decompress_frames(data: bytes, make: Callable[[], _Decompressor], limit: int) -> bytes:
    parts: list[bytes] = []
    left = limit
    while data:
        frame = make()
        part, data = _decompress_frame(frame, data, left)
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _decompress_frame(frame: _Decompressor, data: bytes, limit: int) -> tuple[bytes, bytes]:
    part = frame.decompress(data, limit + 1)
    if len(part) > limit:
        raise store_error(QUERY_IS_TOO_LARGE, "The decompressed body is larger than --max-body-bytes")
    if not frame.eof:
        raise EOFError("it ends before its last frame does")
    return part, frame.unused_data or b""


def choose_encoding(accepted: str) -> str:
    """Pick the answer's Content-Encoding from an Accept-Encoding header; "" when none fits."""
    names = {part.partition(";")[0].strip().lower() for part in accepted.split(",")}
    return next((name for name in _COMPRESSORS if name in names), "")


def compress_answer(data: bytes, encoding: str) -> tuple[bytes, str]:
    """Compress a whole answer. Returns the data and the encoding it now has, "" when it was left plain."""
    if not encoding or len(data) < MIN_COMPRESSED_BYTES:
        return data, ""
    return _COMPRESSORS[encoding](data), encoding


def _deflate(data: bytes, wbits: int) -> bytes:
    stream = zlib.compressobj(1, zlib.DEFLATED, wbits)
    return stream.compress(data) + stream.flush()
