"""The log of one partition."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise

from anpr.embedded.log_broker.batch import Batch
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.producers import Producers
from anpr.embedded.log_broker.segment import Segment

__all__ = ["Partition"]


class Partition:
    """Offsets from `start` to before `end`. Every look-up is a bisection; what is deleted is deleted from the front."""

    def __init__(self, topic: str, index: int) -> None:
        self.topic, self.index = topic, index
        self.start = self.end = 0
        self.size_bytes = 0
        """Of all batches that are not deleted."""
        self.held_bytes = 0
        """Memory that the log takes: with its index, and with deleted batches of a stretch that has others."""
        self.producers = Producers()
        self.appended: set[Callable[[int], None]] = set()
        """Called with the bytes of each batch that comes; whoever waits for data puts itself here."""
        self._segments: list[Segment] = []
        self._bases: list[int] = []

    def append(self, batch: Batch, now_ms: int) -> int:
        """Write a batch and return the offset of its first record; for one that was written before, the old one.

        Raises Refused for a producer that is out of step.
        """
        if batch.producer_id >= 0:
            if (old := self.producers.duplicate_of(batch)) is not None:
                return old
            self.producers.written(batch, self.end, now_ms)
        offset, segment = self.end, self._open_segment()
        before = segment.held_bytes
        segment.append(offset, batch)
        self.end += batch.last_delta + 1
        self.size_bytes += len(batch.data)
        self.held_bytes += segment.held_bytes - before
        self._wake(len(batch.data))
        return offset

    def _wake(self, size_bytes: int) -> None:
        for waiting in tuple(self.appended):
            waiting(size_bytes)

    def close(self) -> None:
        """The topic is gone: whoever waits for data need not wait any longer."""
        self._wake(sys.maxsize)

    def _open_segment(self) -> Segment:
        if not self._segments or self._segments[-1].full:
            self._segments.append(Segment(self.end))
            self._bases.append(self.end)
        return self._segments[-1]

    def read(self, offset: int, limit: int, *, at_least_one: bool) -> list[bytearray]:
        """Whole batches from the one with `offset` on, `limit` bytes at most, but one in any case if asked for.

        Raises Refused when the offset is before the start or behind the end of the log.
        """
        if not self.start <= offset <= self.end:
            raise Refused(Code.OFFSET_OUT_OF_RANGE, f"offset {offset} is not within {self.start} and {self.end}")
        if offset == self.end:
            return []
        at = self._segment_of(offset)
        index = self._segments[at].batch_of(offset)
        if at_least_one:
            limit = max(limit, self._segments[at].size_of(index))
        return self._slices(at, index, limit)

    def _slices(self, at: int, index: int, limit: int) -> list[bytearray]:
        pieces: list[bytearray] = []
        for segment in self._segments[at:]:
            piece = segment.slice(index, limit)
            pieces.append(piece)
            if len(piece) < segment.bytes_from(index):
                break  # its next batch does not fit: a smaller one behind that must not overtake it
            limit -= len(piece)
            index = 0
        return pieces

    def _segment_of(self, offset: int) -> int:
        return max(0, bisect_right(self._bases, offset) - 1)

    def available(self, offset: int, most: int) -> int:
        """Bytes from the batch with `offset` to the end, counted no further than `most`."""
        if offset >= self.end:
            return 0
        offset = max(offset, self.start)
        at = self._segment_of(offset)
        found = self._segments[at].bytes_from(self._segments[at].batch_of(offset))
        for segment in self._segments[at + 1 :]:
            if found >= most:
                break
            found += segment.live_bytes
        return found

    def delete_before(self, offset: int) -> int:
        """Move the start to `offset` and let go of the batches that end before it. Returns the bytes let go of.

        Raises Refused for an offset that is not within the log.
        """
        if not 0 <= offset <= self.end:
            raise Refused(Code.OFFSET_OUT_OF_RANGE, f"offset {offset} is not within the log, which ends at {self.end}")
        before = self.size_bytes
        self.start = max(self.start, offset)
        while self._segments and self._segments[0].lasts[-1] < self.start:
            self._drop_front()
        if self._segments:
            front = self._segments[0]
            live = front.live_bytes
            front.first = front.batch_of(self.start)
            self.size_bytes -= live - front.live_bytes
        return before - self.size_bytes

    def _drop_front(self) -> None:
        gone = self._segments.pop(0)
        self._bases.pop(0)
        self.size_bytes -= gone.live_bytes
        self.held_bytes -= gone.held_bytes

    def expired_before(self, oldest_ms: int) -> int:
        """The offset before which all batches at the front are older than that."""
        for segment in self._segments:
            for index in segment.live():
                if segment.time_of(index) >= oldest_ms:
                    return max(self.start, segment.lasts[index - 1] + 1 if index else segment.base)
        return self.end

    def beyond(self, size_bytes: int) -> int:
        """The offset before which batches must go for `size_bytes` or less to stay; the last batch stays."""
        surplus = self.size_bytes - size_bytes
        offset = self.start
        for segment in self._segments:
            for index in segment.live():
                if surplus <= 0 or segment.lasts[index] + 1 == self.end:
                    return offset
                surplus -= segment.size_of(index)
                offset = segment.lasts[index] + 1
        return offset

    def batch_at_time(self, time_ms: int) -> bytearray | None:
        """The first batch with a record of this time or later."""
        for segment in self._segments:
            for index in segment.live():
                if segment.time_of(index) >= time_ms:
                    return segment.batch(index)
        return None

    def latest_batch(self) -> bytearray | None:
        """The first batch that has the latest time of all."""
        found = ((segment.time_of(i), segment, i) for segment in self._segments for i in segment.live())
        best = max(found, key=lambda each: each[0], default=None)
        return None if best is None else best[1].batch(best[2])

    def check(self) -> None:
        """Raises AssertionError when the log contradicts itself; for tests."""
        assert self._bases == [segment.base for segment in self._segments]
        assert self.size_bytes == sum(segment.live_bytes for segment in self._segments)
        assert self.held_bytes == sum(segment.held_bytes for segment in self._segments)
        assert all(a.lasts[-1] + 1 == b.base for a, b in pairwise(self._segments))
