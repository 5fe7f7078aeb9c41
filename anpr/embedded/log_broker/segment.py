"""A stretch of a partition's log: whole record batches one behind the other, with an index in front of them.

Batches in a stretch share one buffer, so a thousand small ones are handed out as one slice, and cost a few bytes of
index each instead of an object.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from anpr.embedded.log_broker.batch import Batch

__all__ = ["INDEX_BYTES", "SEGMENT_BYTES", "Segment"]

SEGMENT_BYTES = 1_000_000
"""A stretch takes no more batches from here on."""
INDEX_BYTES = 24
"""What the index costs for each batch."""
_PLACE = struct.Struct(">q")
_EPOCH_AT = 12
_LEADER_EPOCH = bytes(4)


class Segment:
    """Batches from offset `base` on. `first`: how many at its front are deleted; their memory goes with the stretch."""

    __slots__ = ("_data", "_starts", "_times", "base", "first", "lasts")

    def __init__(self, base: int) -> None:
        self.base = base
        self.first = 0
        self.lasts = array("q")
        """Of each batch the offset of its last record."""
        self._starts = array("q", [0])
        """Of each batch where it begins, and where the next one will."""
        self._times = array("q")
        self._data = bytearray()

    def append(self, base_offset: int, batch: Batch) -> None:
        """Add a batch, whose first record gets this offset."""
        data = self._data
        at = len(data)
        data += batch.data
        _PLACE.pack_into(data, at, base_offset)
        data[at + _EPOCH_AT : at + _EPOCH_AT + 4] = _LEADER_EPOCH
        self._starts.append(len(data))
        self.lasts.append(base_offset + batch.last_delta)
        self._times.append(batch.max_time_ms)

    @property
    def full(self) -> bool:
        """Whether the next batch belongs into another stretch."""
        return len(self._data) >= SEGMENT_BYTES

    @property
    def held_bytes(self) -> int:
        """The memory it takes, deleted batches and index included."""
        return len(self._data) + INDEX_BYTES * len(self.lasts)

    @property
    def live_bytes(self) -> int:
        """The size of the batches that are not deleted."""
        return self.bytes_from(self.first)

    def bytes_from(self, index: int) -> int:
        """The size of a batch and of all behind it."""
        return len(self._data) - self._starts[index]

    def batch_of(self, offset: int) -> int:
        """Index of the batch with this offset, or of the first one behind it."""
        return bisect_left(self.lasts, offset, self.first)

    def size_of(self, index: int) -> int:
        """Bytes of one batch."""
        return self._starts[index + 1] - self._starts[index]

    def time_of(self, index: int) -> int:
        """The latest time of a record of one batch."""
        return self._times[index]

    def slice(self, index: int, limit: int) -> bytearray:
        """As many whole batches from `index` on as fit into `limit` bytes."""
        start = self._starts[index]
        end = bisect_right(self._starts, start + limit, index) - 1
        return self._data[start : self._starts[end]]

    def batch(self, index: int) -> bytearray:
        """One whole batch."""
        return self._data[self._starts[index] : self._starts[index + 1]]

    def live(self) -> Iterator[int]:
        """Indexes of the batches that are not deleted."""
        return iter(range(self.first, len(self.lasts)))
