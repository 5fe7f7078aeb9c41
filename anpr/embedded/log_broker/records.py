"""The only look into the records of a batch: which of them stands at a time. Read, and unpacked, by aiokafka."""

from __future__ import annotations

from collections.abc import Iterator

from aiokafka.record.memory_records import MemoryRecords

__all__ = ["first_at", "latest"]


def _places(batch: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Offset and time of each record."""
    records = MemoryRecords(bytes(batch))
    while (found := records.next_batch()) is not None:
        for record in found:
            yield record.offset, record.timestamp


def first_at(batch: bytes | bytearray, time_ms: int, start: int) -> tuple[int, int]:
    """Offset and time of the first record from offset `start` on that has this time or a later one."""
    found = ((offset, time) for offset, time in _places(batch) if time >= time_ms and offset >= start)
    return next(found, (-1, -1))


def latest(batch: bytes | bytearray) -> tuple[int, int]:
    """Offset and time of the first record with the latest time."""
    return max(_places(batch), key=lambda place: (place[1], -place[0]))
