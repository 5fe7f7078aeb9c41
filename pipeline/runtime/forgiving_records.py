"""Messages with headers whose names are no UTF-8, for aiokafka: the protocol lets anybody send them.

aiokafka raises on such a name, at the same message again after every restart, so one of them would end a Faust app for
ever. Here the batch that holds it is read once more by aiokafka's own slower reader, with the name's bytes replaced.
librdkafka's part of this is `pipeline.runtime.kafka: UNREADABLE_HEADERS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, SupportsIndex, overload

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

__all__ = ["ForgivingRecords", "forgive_names"]

OVERHEAD = 12
"""Offset and length, before the bytes that the length counts."""


class _Forgiving(bytearray):
    """Bytes whose pieces become text whatever they are."""

    @overload
    def __getitem__(self, place: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, place: slice[Any, Any, Any], /) -> bytearray: ...
    def __getitem__(self, place: Any, /) -> Any:
        found = super().__getitem__(place)
        return _Forgiving(found) if isinstance(place, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """With what is no text replaced."""
        return bytes(self).decode(encoding, errors)


class _Batch:
    """A batch, as aiokafka reads it, and again where it cannot."""

    def __init__(self, batch: Any, data: bytes) -> None:
        self._batch, self._data = batch, data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except UnicodeDecodeError:
            again: Any = _DefaultRecordBatchPy(self._data)
            again._maybe_uncompress()
            again._buffer = _Forgiving(again._buffer)
            return iter(list(again))

    def __next__(self) -> Any:
        return next(self._batch)


class ForgivingRecords:
    """`aiokafka.record.memory_records.MemoryRecords`, as far as a consumer asks it."""

    def __init__(self, data: bytes) -> None:
        self._records, self._data, self._at = MemoryRecords(data), data, 0

    def size_in_bytes(self) -> int:
        """Of all batches."""
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        """Whether another batch follows."""
        return bool(self._records.has_next())

    def next_batch(self) -> Any:
        """The next one; None: there is none."""
        batch = self._records.next_batch()
        if batch is None:
            return None
        begin = self._at
        self._at = begin + OVERHEAD + int.from_bytes(self._data[begin + 8 : begin + OVERHEAD], "big")
        return _Batch(batch, self._data[begin : self._at])


def forgive_names() -> None:
    """From now on every consumer of aiokafka in this process reads so. There is no other way in: it names the class."""
    fetcher.MemoryRecords = ForgivingRecords
