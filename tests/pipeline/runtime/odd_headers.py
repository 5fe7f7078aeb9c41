"""Messages whose headers have names that are no text."""

from __future__ import annotations

import socket
import struct

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c_py

__all__ = ["batch_with_header", "produce_raw"]

NAME = b"zz"


def batch_with_header(name: bytes, value: bytes) -> bytes:
    """A batch of one message, with a header of two bytes that the builder would not write."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 100_000)
    builder.append(0, 1_700_000_000_000, b"key", value, [(NAME.decode(), b"told")])
    data = bytearray(builder.build())
    at = data.index(NAME)
    data[at : at + len(name)] = name
    struct.pack_into(">I", data, 17, calc_crc32c_py(data[21:]))
    return bytes(data)


def produce_raw(bootstrap: str, topic: str, batch: bytes) -> None:
    """Hand a batch to the broker as it is: Produce, version 3."""
    host, _, port = bootstrap.partition(":")
    body = struct.pack(">hhi", -1, -1, 10_000) + struct.pack(">i", 1) + _string(topic)
    body += struct.pack(">iii", 1, 0, len(batch)) + batch
    request = struct.pack(">hhi", 0, 3, 1) + _string("test") + body
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        size = struct.unpack(">i", connection.recv(4))[0]
        answer = connection.recv(size)
    (code,) = struct.unpack_from(">h", answer, 4 + 4 + 2 + len(topic) + 4 + 4)
    assert code == 0


def _string(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()
