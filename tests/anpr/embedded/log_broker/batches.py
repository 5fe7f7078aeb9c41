"""Record batches for tests, made by aiokafka; idempotent ones with a header of our own."""

from __future__ import annotations

import struct

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from anpr.embedded.log_broker.batch import Batch, checked


def raw_batch(
    values: list[bytes],
    *,
    times_ms: list[int] | None = None,
    producer_id: int = -1,
    epoch: int = -1,
    sequence: int = -1,
) -> bytes:
    """One record batch with these values."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, producer_id, epoch, sequence, 10_000_000)
    for index, value in enumerate(values):
        builder.append(index, times_ms[index] if times_ms else 1000, None, value, [])
    return bytes(builder.build())


def batch_of(values: list[bytes], **how: int) -> Batch:
    """The same, as the log takes it."""
    times = [how.pop("time_ms")] * len(values) if "time_ms" in how else None
    return checked(memoryview(raw_batch(values, times_ms=times, **how)))


def records_of(data: bytes | bytearray) -> list[tuple[int, bytes]]:
    """Offset and value of every record of one or more batches."""
    batches = MemoryRecords(bytes(data))
    found = []
    while (batch := batches.next_batch()) is not None:
        assert batch.validate_crc()
        found += [(record.offset, bytes(record.value)) for record in batch]
    return found


def with_header(data: bytes, layout: str, at: int, value: int) -> memoryview:
    """The batch with one field of its header changed, and the checksum as it was."""
    changed = bytearray(data)
    struct.pack_into(layout, changed, at, value)
    return memoryview(changed)
