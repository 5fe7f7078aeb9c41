"""One record batch (format 2), of which only the header is read: records stay as they came, compressed or not.

Layout: "Record Batch" in Apache Kafka's documentation of its message format. The checksum covers what follows it, so
the broker may write the base offset and the leader epoch, which stand before it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from aiokafka.record.util import calc_crc32c

from anpr.embedded.log_broker.errors import Code, Refused

__all__ = ["HEADER_BYTES", "Batch", "checked", "stamped_by_broker"]

_HEADER = struct.Struct(">qiibIhiqqqhii")
HEADER_BYTES = _HEADER.size
_CRC_AT, _CRC_FROM, _MAX_TIME_AT = 17, 21, 35
_AFTER_LENGTH = 12
_TRANSACTIONAL, _CONTROL, _LOG_APPEND_TIME = 0x10, 0x20, 0x08


@dataclass(frozen=True, slots=True)
class Batch:
    """The parts of a header that the log needs, and the bytes of the whole batch."""

    data: bytes | bytearray | memoryview
    last_delta: int
    """Offset of the last record less that of the first."""
    max_time_ms: int
    producer_id: int
    """-1: not idempotent."""
    producer_epoch: int
    base_sequence: int


def checked(data: memoryview) -> Batch:
    """The batch in `data`. Raises Refused for anything but exactly one whole, plain batch of format 2."""
    if len(data) < HEADER_BYTES:
        raise Refused(Code.CORRUPT_MESSAGE, "the record batch is shorter than its header")
    header = _HEADER.unpack_from(data)
    _, length, _, magic, crc, attributes, last_delta, _, max_time_ms, producer_id, epoch, sequence, count = header
    if magic != 2:
        raise Refused(Code.UNSUPPORTED_FOR_MESSAGE_FORMAT, f"record batches of format {magic} are not taken, only of 2")
    if length != len(data) - _AFTER_LENGTH:
        raise Refused(Code.INVALID_RECORD, "a partition takes exactly one record batch a request")
    if calc_crc32c(data[_CRC_FROM:]) != crc:
        raise Refused(Code.CORRUPT_MESSAGE, "the checksum of the record batch is wrong")
    if count < 1 or last_delta != count - 1:
        raise Refused(Code.INVALID_RECORD, f"a record batch of {count} records cannot end at {last_delta}")
    if attributes & (_TRANSACTIONAL | _CONTROL):
        raise Refused(Code.INVALID_RECORD, "this broker knows no transactions")
    if producer_id >= 0 and (epoch < 0 or sequence < 0):
        raise Refused(Code.INVALID_RECORD, "an idempotent record batch needs an epoch and a sequence")
    return Batch(data, last_delta, max_time_ms, producer_id, epoch, sequence)


def stamped_by_broker(batch: Batch, now_ms: int) -> Batch:
    """The batch with the time of the broker for all its records (`message.timestamp.type=LogAppendTime`)."""
    data = bytearray(batch.data)
    (attributes,) = struct.unpack_from(">h", data, _CRC_FROM)
    struct.pack_into(">h", data, _CRC_FROM, attributes | _LOG_APPEND_TIME)
    struct.pack_into(">q", data, _MAX_TIME_AT, now_ms)
    struct.pack_into(">I", data, _CRC_AT, calc_crc32c(memoryview(data)[_CRC_FROM:]))
    return Batch(data, batch.last_delta, now_ms, batch.producer_id, batch.producer_epoch, batch.base_sequence)
