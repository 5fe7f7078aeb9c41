"""Primitive values of Kafka's protocol, in their classic and their flexible (compact) encoding.

Big endian. Classic strings and arrays carry their length in 2 and 4 bytes, -1 for null; compact ones carry length + 1
as an unsigned varint, 0 for null. See "Protocol Primitive Types" in Apache Kafka's protocol guide.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = [
    "FIXED",
    "Malformed",
    "Reader",
    "blob",
    "count",
    "put_blob",
    "put_count",
    "put_string",
    "put_tags",
    "put_uvarint",
    "skip_tags",
    "string",
    "uvarint",
]

FIXED = {
    "bool": "?",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "uuid": "16s",
}
"""Types of fixed width → their letter in `struct`."""
_INT16, _INT32 = struct.Struct(">h"), struct.Struct(">i")
_LONGEST_STRING = 0x7FFF


class Malformed(ValueError):
    """The bytes are not what the protocol says; the connection cannot go on."""


@dataclass(slots=True)
class Reader:
    """A request and how far it has been read."""

    data: memoryview
    at: int = 0

    def unpack(self, layout: struct.Struct) -> tuple[object, ...]:
        """The next values of fixed width. Raises Malformed at the end of the data."""
        try:
            values = layout.unpack_from(self.data, self.at)
        except struct.error:
            raise Malformed("the request ends too early") from None
        self.at += layout.size
        return values

    def take(self, length: int) -> memoryview:
        """The next `length` bytes, not copied."""
        end = self.at + length
        if length < 0 or end > len(self.data):
            raise Malformed("the request ends too early")
        piece = self.data[self.at : end]
        self.at = end
        return piece


def uvarint(reader: Reader) -> int:
    """An unsigned varint of at most 32 bits."""
    value = shift = 0
    while shift < 35:
        byte = reader.take(1)[0]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
        shift += 7
    raise Malformed("a varint is longer than five bytes")


def _length(reader: Reader, *, compact: bool, short: bool = False) -> int:
    """The length of what follows, -1 for null. `short`: two bytes in the classic encoding, as for strings."""
    if compact:
        return uvarint(reader) - 1
    (value,) = reader.unpack(_INT16 if short else _INT32)
    assert isinstance(value, int)
    if value < -1:
        raise Malformed("a length below -1")
    return value


def string(reader: Reader, *, compact: bool) -> str | None:
    """Text, or None for null."""
    count = _length(reader, compact=compact, short=True)
    if count < 0:
        return None
    try:
        return str(reader.take(count), "utf-8")
    except UnicodeDecodeError:
        raise Malformed("a string is not UTF-8") from None


def blob(reader: Reader, *, compact: bool) -> memoryview | None:
    """Bytes, not copied, or None for null."""
    count = _length(reader, compact=compact)
    return None if count < 0 else reader.take(count)


def count(reader: Reader, *, compact: bool) -> int:
    """How many entries an array has, -1 for null; never more than there are bytes left."""
    found = _length(reader, compact=compact)
    if found > len(reader.data) - reader.at:
        raise Malformed("an array is longer than its request")
    return found


def skip_tags(reader: Reader) -> None:
    """Tagged fields: all are optional, and we know none."""
    for _ in range(uvarint(reader)):
        uvarint(reader)
        reader.take(uvarint(reader))


def put_uvarint(out: bytearray, value: int) -> None:
    """Append an unsigned varint."""
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def put_count(out: bytearray, value: int, *, compact: bool) -> None:
    """Append the length of an array or of bytes, -1 for null."""
    if compact:
        put_uvarint(out, value + 1)
    else:
        out += _INT32.pack(value)


def put_string(out: bytearray, value: str | None, *, compact: bool) -> None:
    """Append text or null."""
    data = b"" if value is None else value.encode()
    if len(data) > _LONGEST_STRING:
        raise ValueError("a string of more than 32767 bytes does not fit into an answer")
    if compact:
        put_uvarint(out, 0 if value is None else len(data) + 1)
    else:
        out += _INT16.pack(-1 if value is None else len(data))
    out += data


def put_blob(out: bytearray, value: bytes | bytearray | memoryview | None, *, compact: bool) -> None:
    """Append bytes or null."""
    put_count(out, -1 if value is None else len(value), compact=compact)
    if value is not None:
        out += value


def put_tags(out: bytearray) -> None:
    """Append: no tagged fields."""
    out.append(0)
